package call

import "github.com/quoinhq/quoin/finspace/schema"

// sampleValues are what examples show, by the shape of the member.
var sampleValues = map[string]string{
	"AvailabilityZoneId":          "use1-az1",
	"AvailabilityZoneIds":         "use1-az1",
	"ChangeRequests":              "changeType=PUT,s3Path=s3://bucket/2026.01.02/,dbPath=/2026.01.02/",
	"ChangesetId":                 "1Mm0hTkkSc1MXUzumKSe8A",
	"CodeConfiguration":           "s3Bucket=bucket,s3Key=code.zip",
	"DatabaseName":                "marketdata",
	"Description":                 "end of day",
	"EnvironmentId":               "jlcenjvtkgzrdek2qqv7ic",
	"EnvironmentName":             "browser",
	"FinSpaceTaggableArn":         "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic/kxUser/bob",
	"IdType":                      "jlcenjvtkgzrdek2qqv7ic",
	"KmsKeyARN":                   "arn:aws:kms:us-east-1:123456789012:key/9b9d3d4c-6a0b-4b0e-8a34-0d1d6a1f1c11",
	"KxAzMode":                    "SINGLE",
	"KxClusterName":               "hdb",
	"KxClusterNodeIdString":       "node1",
	"KxClusterType":               "HDB",
	"KxDatabaseConfigurations":    "databaseName=marketdata,changesetId=1Mm0hTkkSc1MXUzumKSe8A",
	"KxDataviewName":              "tape",
	"KxEnvironmentId":             "jlcenjvtkgzrdek2qqv7ic",
	"KxEnvironmentName":           "trading",
	"KxHostType":                  "kx.sg.4xlarge",
	"KxNAS1Configuration":         "type=SSD_1000,size=1200",
	"KxScalingGroupConfiguration": "scalingGroupName=shared,memoryReservation=6,nodeCount=1",
	"KxScalingGroupName":          "shared",
	"KxUserArn":                   "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic/kxUser/bob",
	"KxUserNameString":            "bob",
	"KxVolumeName":                "fast",
	"KxVolumeType":                "NAS_1",
	"ReleaseLabel":                "1.0",
	"RoleArn":                     "arn:aws:iam::123456789012:role/trader",
	"TagKeyList":                  "desk",
	"TagMap":                      "desk=rates,stage=test",
	"TransitGatewayConfiguration": `{"transitGatewayID":"tgw-0123456789abcdef0","routableCIDRSpace":"100.64.0.0/26"}`,
	"VpcConfiguration":            `{"vpcId":"vpc-12345678","securityGroupIds":["sg-12345678"],"subnetIds":["subnet-12345678"],"ipAddressType":"IP_V4"}`,
}

// alsoShown are optional members without which an example would say little.
var alsoShown = map[string][]string{
	"CreateKxCluster":            {"availabilityZoneId", "scalingGroupConfiguration"},
	"CreateKxDataview":           {"availabilityZoneId"},
	"CreateKxVolume":             {"nas1Configuration"},
	"UpdateKxDatabase":           {"description"},
	"UpdateKxDataview":           {"changesetId"},
	"UpdateKxEnvironment":        {"name"},
	"UpdateKxEnvironmentNetwork": {"transitGatewayConfiguration"},
	"UpdateKxVolume":             {"description"},
	"CreateKxUser":               {"tags"},
}

// examples returns command lines of an operation, each a valid one.
func examples(op *schema.Operation) [][]string {
	plain := []string{kebab(op.Name)}
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		shown := m.Required && !m.Token
		for _, name := range alsoShown[op.Name] {
			shown = shown || name == m.Name
		}
		if shown {
			plain = append(plain, "--"+kebab(m.Name), sampleValues[m.Shape.Name])
		}
	}
	with := func(more ...string) []string { return append(append([]string(nil), plain...), more...) }
	out := [][]string{plain}
	if waits[op.Name] != nil {
		out = append(out, with("--wait", "--timeout", "10m"))
	}
	if op.Paging != nil {
		out = append(out, with("--output", "table"), with("--query", "length("+op.Paging.Items+")"))
	}
	return out
}
