package control_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/store"
)

func TestEnvironmentLifecycle(t *testing.T) {
	w := newWorld(t)
	out := must(w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{
		Name: ptr("trading"), KmsKeyId: ptr(kmsKey), Description: ptr("The desk."), Tags: map[string]string{"team": "fx"},
	}))
	id := *out.EnvironmentId
	arn := "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/" + id
	t.Run("create asks", func(t *testing.T) {
		want := &finspace.CreateKxEnvironmentOutput{
			Name: ptr("trading"), Status: "CREATE_REQUESTED", EnvironmentId: &id, Description: ptr("The desk."),
			EnvironmentArn: &arn, KmsKeyId: ptr(kmsKey), CreationTimestamp: ptr(w.clock.Now()),
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
		if !regexp.MustCompile(`^[a-z2-7]{22}$`).MatchString(id) {
			t.Errorf("id %q is not 22 characters of base 32", id)
		}
	})
	t.Run("its statuses, with a restart at each step", func(t *testing.T) {
		want := []finspace.EnvironmentStatus{"CREATING", "CREATED"}
		for _, status := range want {
			w.restart()
			w.step(id)
			if got := w.get(id).Status; got != status {
				t.Errorf("status %s, want %s", got, status)
			}
		}
		if !w.step(id) {
			t.Error("it does not rest once it is created")
		}
	})
	t.Run("what get tells", func(t *testing.T) {
		got := w.get(id)
		dedicated := *got.DedicatedServiceAccountId
		if !regexp.MustCompile(`^\d{12}$`).MatchString(dedicated) || dedicated == account {
			t.Errorf("dedicated account %s", dedicated)
		}
		want := &finspace.GetKxEnvironmentOutput{
			Name: ptr("trading"), EnvironmentId: &id, AwsAccountId: ptr(account), Status: "CREATED", TgwStatus: "NONE", DnsStatus: "NONE",
			Description: ptr("The desk."), EnvironmentArn: &arn, KmsKeyId: ptr(kmsKey), DedicatedServiceAccountId: &dedicated,
			CreationTimestamp: ptr(w.clock.Now()), UpdateTimestamp: ptr(w.clock.Now()),
			AvailabilityZoneIds: []string{"use1-az1", "use1-az2", "use1-az3"}, CertificateAuthorityArn: got.CertificateAuthorityArn,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		ca := regexp.MustCompile(`^arn:aws:acm-pca:us-east-1:` + dedicated + `:certificate-authority/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
		if !ca.MatchString(*got.CertificateAuthorityArn) {
			t.Errorf("certificate authority %s", *got.CertificateAuthorityArn)
		}
	})
	t.Run("name and description change", func(t *testing.T) {
		got := must(w.UpdateKxEnvironment(t.Context(), &finspace.UpdateKxEnvironmentInput{EnvironmentId: &id, Name: ptr("desk"), Description: ptr("Both.")}))
		if *got.Name != "desk" || *got.Description != "Both." || got.Status != "CREATED" {
			t.Errorf("got %v", got)
		}
		if got := w.get(id); *got.Name != "desk" || *got.Description != "Both." {
			t.Errorf("got %v", got)
		}
	})
	for i := range 2500 {
		w.user(id, fmt.Sprintf("u%d", i))
		if i == 0 {
			w.quotas[control.QuotaUsers] = 5000
		}
	}
	must(w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: ptr(arn + "/kxUser/u7"), Tags: map[string]string{"a": "b"}}))
	t.Run("deleted with all that is in it, with restarts between", func(t *testing.T) {
		must(w.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: &id}))
		_, err := w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{EnvironmentId: &id, UserName: ptr("late"), IamRole: ptr(roleA)})
		wantCode(t, err, "ConflictException")
		_, err = w.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: &id})
		wantCode(t, err, "ConflictException")
		var seen []finspace.EnvironmentStatus
		for done := false; !done; {
			w.restart()
			done = w.step(id)
			if status := w.get(id).Status; len(seen) == 0 || seen[len(seen)-1] != status {
				seen = append(seen, status)
			}
		}
		if diff := cmp.Diff([]finspace.EnvironmentStatus{"DELETING", "DELETED"}, seen); diff != "" {
			t.Error(diff)
		}
		if err := w.store.View(t.Context(), func(tx store.Tx) error {
			for _, kind := range []store.Kind{"user", "tag"} {
				if n := must(tx.Count(kind, "")); n != 0 {
					t.Errorf("%d records of kind %s are left", n, kind)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("lingers as DELETED", func(t *testing.T) {
		_, err := w.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: &id})
		wantCode(t, err, "ValidationException")
		if e, ok := err.(finspace.Error); !ok || e.ErrorMessage() != "The Environment is in DELETED state" {
			t.Errorf("the text is %q", err)
		}
		_, err = w.ListKxUsers(t.Context(), &finspace.ListKxUsersInput{EnvironmentId: &id})
		wantCode(t, err, "ResourceNotFoundException")
		if list := must(w.ListKxEnvironments(t.Context(), &finspace.ListKxEnvironmentsInput{})); len(list.Environments) != 0 {
			t.Errorf("listed: %v", list.Environments)
		}
		w.environment("desk") // the name is free
		w.clock.Advance(24 * time.Hour)
		_, err = w.GetKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: &id})
		wantCode(t, err, "ResourceNotFoundException")
		_, err = w.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: &id})
		wantCode(t, err, "ResourceNotFoundException")
	})
}

func TestEnvironmentRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.environment("one")
	t.Run("ConflictException for a name that is taken", func(t *testing.T) {
		_, err := w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{Name: ptr("one"), KmsKeyId: ptr(kmsKey)})
		wantCode(t, err, "ConflictException")
		w.environment("two")
		_, err = w.UpdateKxEnvironment(t.Context(), &finspace.UpdateKxEnvironmentInput{EnvironmentId: &id, Name: ptr("two")})
		wantCode(t, err, "ConflictException")
		_, err = w.UpdateKxEnvironment(t.Context(), &finspace.UpdateKxEnvironmentInput{EnvironmentId: &id, Name: ptr("one")})
		wantCode(t, err, "")
	})
	t.Run("ServiceQuotaExceededException", func(t *testing.T) {
		w.quotas[control.QuotaEnvironments] = 2
		defer func() { w.quotas[control.QuotaEnvironments] = 10 }()
		_, err := w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{Name: ptr("three"), KmsKeyId: ptr(kmsKey)})
		wantCode(t, err, "ServiceQuotaExceededException")
	})
	t.Run("ResourceNotFoundException", func(t *testing.T) {
		none := ptr("none")
		_, err := w.GetKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: none})
		wantCode(t, err, "ResourceNotFoundException")
		_, err = w.UpdateKxEnvironment(t.Context(), &finspace.UpdateKxEnvironmentInput{EnvironmentId: none})
		wantCode(t, err, "ResourceNotFoundException")
		_, err = w.UpdateKxEnvironmentNetwork(t.Context(), dnsUpdate("none", "10.0.0.1"))
		wantCode(t, err, "ResourceNotFoundException")
		_, err = w.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: none})
		wantCode(t, err, "ResourceNotFoundException")
		if !w.step("none") {
			t.Error("there is something to do about an environment that does not exist")
		}
	})
	t.Run("ConflictException before it is created", func(t *testing.T) {
		raw := must(w.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{Name: ptr("raw"), KmsKeyId: ptr(kmsKey)})).EnvironmentId
		_, err := w.UpdateKxEnvironment(t.Context(), &finspace.UpdateKxEnvironmentInput{EnvironmentId: raw, Name: ptr("x-y")})
		wantCode(t, err, "ConflictException")
		_, err = w.UpdateKxEnvironmentNetwork(t.Context(), dnsUpdate(*raw, "10.0.0.1"))
		wantCode(t, err, "ConflictException")
	})
}

func TestEnvironmentNetwork(t *testing.T) {
	w := newWorld(t)
	id := w.environment("env")
	gateway := func(tgw, cidr string, acl ...finspace.NetworkACLEntry) *finspace.UpdateKxEnvironmentNetworkInput {
		return &finspace.UpdateKxEnvironmentNetworkInput{EnvironmentId: &id, TransitGatewayConfiguration: &finspace.TransitGatewayConfiguration{
			TransitGatewayID: &tgw, RoutableCIDRSpace: &cidr, AttachmentNetworkAclConfiguration: acl,
		}}
	}
	rule := func(n int32, cidr string) finspace.NetworkACLEntry {
		return finspace.NetworkACLEntry{RuleNumber: &n, Protocol: ptr("6"), RuleAction: "allow", CidrBlock: &cidr,
			PortRange: &finspace.PortRange{From: ptr(int32(1)), To: ptr(int32(2))}}
	}
	backwards := rule(1, "10.0.0.0/8")
	backwards.PortRange = &finspace.PortRange{From: ptr(int32(2)), To: ptr(int32(1))}
	both := gateway("tgw-1", "100.64.0.0/26")
	both.CustomDNSConfiguration = dnsUpdate(id, "10.0.0.1").CustomDNSConfiguration
	two := dnsUpdate(id, "10.0.0.1")
	two.CustomDNSConfiguration = append(two.CustomDNSConfiguration, two.CustomDNSConfiguration...)
	for name, in := range map[string]*finspace.UpdateKxEnvironmentNetworkInput{
		"nothing":                  {EnvironmentId: &id},
		"gateway and DNS":          both,
		"two DNS servers":          two,
		"a /25":                    gateway("tgw-1", "100.64.0.0/25"),
		"not carrier space":        gateway("tgw-1", "10.0.0.0/26"),
		"not canonical":            gateway("tgw-1", "100.64.0.1/26"),
		"not an address":           gateway("tgw-1", "hello"),
		"a rule twice":             gateway("tgw-1", "100.64.0.0/26", rule(1, "10.0.0.0/8"), rule(1, "10.0.0.0/8")),
		"a rule not canonical":     gateway("tgw-1", "100.64.0.0/26", rule(1, "10.0.0.1/8")),
		"ports the wrong way":      gateway("tgw-1", "100.64.0.0/26", backwards),
		"a protocol out of bounds": gateway("tgw-1", "100.64.0.0/26", func() finspace.NetworkACLEntry { r := rule(1, "10.0.0.0/8"); r.Protocol = ptr("256"); return r }()),
	} {
		t.Run("ValidationException/"+name, func(t *testing.T) {
			_, err := w.UpdateKxEnvironmentNetwork(t.Context(), in)
			wantCode(t, err, "ValidationException")
			if got := w.get(id); got.Status != "CREATED" || got.TgwStatus != "NONE" {
				t.Errorf("changed by a request that was refused: %v", got)
			}
		})
	}
	t.Run("gateway", func(t *testing.T) {
		in := gateway("tgw-1", "100.64.0.0/26", rule(1, "10.0.0.0/8"))
		out := must(w.UpdateKxEnvironmentNetwork(t.Context(), in))
		if out.Status != "UPDATE_NETWORK_REQUESTED" || out.TgwStatus != "UPDATE_REQUESTED" || out.DnsStatus != "NONE" {
			t.Errorf("got %s %s %s", out.Status, out.TgwStatus, out.DnsStatus)
		}
		w.step(id)
		if got := w.get(id); got.Status != "UPDATING_NETWORK" || got.TgwStatus != "UPDATING" {
			t.Errorf("got %s %s", got.Status, got.TgwStatus)
		}
		w.settle(id)
		got := w.get(id)
		if got.Status != "CREATED" || got.TgwStatus != "SUCCESSFULLY_UPDATED" || got.DnsStatus != "NONE" {
			t.Errorf("got %s %s %s", got.Status, got.TgwStatus, got.DnsStatus)
		}
		if diff := cmp.Diff(in.TransitGatewayConfiguration, got.TransitGatewayConfiguration); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("gateway cannot be exchanged, its rules can", func(t *testing.T) {
		_, err := w.UpdateKxEnvironmentNetwork(t.Context(), gateway("tgw-2", "100.64.0.0/26"))
		wantCode(t, err, "ValidationException")
		_, err = w.UpdateKxEnvironmentNetwork(t.Context(), gateway("tgw-1", "100.64.0.64/26"))
		wantCode(t, err, "ValidationException")
		must(w.UpdateKxEnvironmentNetwork(t.Context(), gateway("tgw-1", "100.64.0.0/26", rule(2, "10.0.0.0/16"))))
		w.settle(id)
	})
	t.Run("DNS, and again", func(t *testing.T) {
		for _, ip := range []string{"10.0.0.1", "10.0.0.2"} {
			must(w.UpdateKxEnvironmentNetwork(t.Context(), dnsUpdate(id, ip)))
			w.settle(id)
			if got := w.get(id); got.DnsStatus != "SUCCESSFULLY_UPDATED" || *got.CustomDNSConfiguration[0].CustomDNSServerIP != ip {
				t.Errorf("got %s %v", got.DnsStatus, got.CustomDNSConfiguration)
			}
		}
	})
}

func (w *world) get(id string) *finspace.GetKxEnvironmentOutput {
	w.t.Helper()
	out, err := w.GetKxEnvironment(w.t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: &id})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	id := w.environment("env")
	must(w.CreateKxUser(t.Context(), &finspace.CreateKxUserInput{
		EnvironmentId: &id, UserName: ptr("bob"), IamRole: ptr(roleA), Tags: map[string]string{"a": "1"},
	}))
	env := "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/" + id
	user := env + "/kxUser/bob"
	want := func(t *testing.T, arn string, tags map[string]string) {
		t.Helper()
		out, err := w.ListTagsForResource(t.Context(), &finspace.ListTagsForResourceInput{ResourceArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tags, out.Tags); diff != "" {
			t.Error(diff)
		}
	}
	t.Run("those given on create", func(t *testing.T) { want(t, user, map[string]string{"a": "1"}) })
	t.Run("none", func(t *testing.T) { want(t, env, map[string]string{}) })
	t.Run("TagResource adds and replaces", func(t *testing.T) {
		must(w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: &user, Tags: map[string]string{"a": "2", "b": "3"}}))
		want(t, user, map[string]string{"a": "2", "b": "3"})
	})
	t.Run("UntagResource takes away", func(t *testing.T) {
		must(w.UntagResource(t.Context(), &finspace.UntagResourceInput{ResourceArn: &user, TagKeys: []string{"a", "not there"}}))
		want(t, user, map[string]string{"b": "3"})
		must(w.UntagResource(t.Context(), &finspace.UntagResourceInput{ResourceArn: &user, TagKeys: []string{"b"}}))
		want(t, user, map[string]string{})
	})
	t.Run("gone with the resource", func(t *testing.T) {
		must(w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: &user, Tags: map[string]string{"a": "2"}}))
		must(w.DeleteKxUser(t.Context(), &finspace.DeleteKxUserInput{EnvironmentId: &id, UserName: ptr("bob")}))
		w.user(id, "bob")
		want(t, user, map[string]string{})
	})
	t.Run("at most fifty", func(t *testing.T) {
		tags := make(map[string]string)
		for i := range 50 {
			tags[fmt.Sprint("k", i)] = "v"
		}
		must(w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: &env, Tags: tags}))
		_, err := w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: &env, Tags: map[string]string{"one": "more"}})
		wantCode(t, err, "InvalidRequestException")
		want(t, env, tags)
	})
	for arn, code := range map[string]string{
		env + "/kxUser/nobody":             "ResourceNotFoundException",
		env + "/kxCluster/none":            "ResourceNotFoundException",
		env + "x":                          "ResourceNotFoundException",
		env + "/kxDatabase/a":              "ResourceNotFoundException",
		env + "/kxVolume/a":                "ResourceNotFoundException",
		env + "/kxScalingGroup/a":          "ResourceNotFoundException",
		env + "/kxDatabase/a/kxDataview/b": "ResourceNotFoundException",
		"arn:aws:finspace:us-east-1:123456789012:environment/" + id:     "ResourceNotFoundException",
		"arn:aws:finspace:us-east-1:210987654321:kxEnvironment/" + id:   "InvalidRequestException",
		"arn:aws:finspace:eu-west-1:123456789012:kxEnvironment/" + id:   "InvalidRequestException",
		"arn:aws:finspace:us-east-1:123456789012:kxEnvironment/":        "InvalidRequestException",
		"arn:aws:finspace:us-east-1:123456789012:somethingElse/abcdefg": "InvalidRequestException",
	} {
		t.Run(code+"/"+arn, func(t *testing.T) {
			_, err := w.ListTagsForResource(t.Context(), &finspace.ListTagsForResourceInput{ResourceArn: &arn})
			wantCode(t, err, code)
			_, err = w.TagResource(t.Context(), &finspace.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "b"}})
			wantCode(t, err, code)
			_, err = w.UntagResource(t.Context(), &finspace.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}})
			wantCode(t, err, code)
		})
	}
}

func TestDatasetBrowser(t *testing.T) {
	w := newWorld(t)
	id := ptr("abc")
	_, err := w.CreateEnvironment(t.Context(), &finspace.CreateEnvironmentInput{Name: ptr("x")})
	wantCode(t, err, "ValidationException")
	_, err = w.GetEnvironment(t.Context(), &finspace.GetEnvironmentInput{EnvironmentId: id})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = w.UpdateEnvironment(t.Context(), &finspace.UpdateEnvironmentInput{EnvironmentId: id})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = w.DeleteEnvironment(t.Context(), &finspace.DeleteEnvironmentInput{EnvironmentId: id})
	wantCode(t, err, "ResourceNotFoundException")
	if out, err := w.ListEnvironments(t.Context(), &finspace.ListEnvironmentsInput{}); err != nil || len(out.Environments) != 0 || out.NextToken != nil {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestAvailabilityZones(t *testing.T) {
	for region, zone := range map[string]string{
		"us-east-1": "use1-az1", "us-west-2": "usw2-az1", "ca-central-1": "cac1-az1", "eu-central-1": "euc1-az1",
		"ap-northeast-1": "apne1-az1", "ap-southeast-2": "apse2-az1",
	} {
		if got := control.ExportAvailabilityZones(region)[0]; got != zone {
			t.Errorf("%s: %s, want %s", region, got, zone)
		}
	}
}
