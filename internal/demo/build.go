package demo

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/quoinhq/quoin/examples/tick"
	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// builder makes the application's parts and remembers what the later ones need.
type builder struct {
	cfg     finspace.Config
	client  *finspace.Client
	account string

	env, zone, role, bucket string
	counts                  string
}

// cluster is what sets one of the application's clusters apart.
type cluster struct {
	name, script string
	kind         finspace.KxClusterType
	nodes        int32
	args         []string // keys and values
	edit         func(*finspace.CreateKxClusterInput)
}

func clusters() []cluster {
	return []cluster{
		{name: "tickerplant", kind: finspace.KxClusterTypeTickerplant, script: "tick.q", nodes: 1, edit: func(in *finspace.CreateKxClusterInput) {
			in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{Name}}
		}},
		{name: "rdb", kind: finspace.KxClusterTypeRdb, script: "rdb.q", nodes: 1, edit: func(in *finspace.CreateKxClusterInput) {
			in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr(database)}}
			in.SavedownStorageConfiguration = &finspace.KxSavedownStorageConfiguration{VolumeName: ptr(Name)}
		}, args: []string{"name", "rdb", "volume", Name, "tp", "tickerplant", "hdb", "hdb", "dataview", database}},
		{name: "hdb", kind: finspace.KxClusterTypeHdb, script: "hdb.q", nodes: 2, edit: func(in *finspace.CreateKxClusterInput) {
			in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr(database), DataviewName: ptr(database)}}
		}},
		{name: "rts", kind: finspace.KxClusterTypeRdb, script: "rts.q", nodes: 1, args: []string{"tp", "tickerplant"}},
		{name: "gateway", kind: finspace.KxClusterTypeGateway, script: "gw.q", nodes: 1, args: []string{"tp", "tickerplant", "rdb", "rdb", "hdb", "hdb"}},
		{name: "feed", kind: finspace.KxClusterTypeGp, script: "feed.q", nodes: 1, args: []string{"tp", "tickerplant"}},
	}
}

func ptr[T any](v T) *T { return &v }

// unless is err, or nil when it says that there is such a thing already: the
// look at it that follows says whether there is.
func unless(err error) error {
	var exists *finspace.ResourceAlreadyExistsException
	var conflict *finspace.ConflictException
	if errors.As(err, &exists) || errors.As(err, &conflict) {
		return nil
	}
	return err
}

func (b *builder) environment(ctx context.Context) error {
	for e, err := range b.client.KxEnvironments(ctx, &finspace.ListKxEnvironmentsInput{}) {
		if err != nil {
			return err
		}
		if finspace.Value(e.Name) == Name {
			b.env = *e.EnvironmentId
		}
	}
	if b.env == "" {
		out, err := b.client.CreateKxEnvironment(ctx, &finspace.CreateKxEnvironmentInput{
			Name: ptr(Name), KmsKeyId: ptr("arn:aws:kms:" + b.cfg.Region + ":" + b.account + ":key/any"),
		})
		if err != nil {
			return err
		}
		b.env = *out.EnvironmentId
	}
	out, err := b.client.WaitKxEnvironment(ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: &b.env}, finspace.EnvironmentStatusCreated)
	if err != nil {
		return err
	}
	b.zone = out.AvailabilityZoneIds[0]
	return nil
}

func (b *builder) identity(ctx context.Context) error {
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
"Principal":{"AWS":"arn:aws:iam::%s:root","Service":["finspace.amazonaws.com","prod.finspacekx.aws.internal"]}}]}`, b.account)
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["finspace:*","s3:GetObject*","s3:ListBucket"],"Resource":"*"}]}`
	b.role = "arn:aws:iam::" + b.account + ":role/" + Name
	return errors.Join(
		b.iam(ctx, url.Values{"Action": {"CreateRole"}, "RoleName": {Name}, "AssumeRolePolicyDocument": {trust}}),
		b.iam(ctx, url.Values{"Action": {"PutRolePolicy"}, "RoleName": {Name}, "PolicyName": {"kx"}, "PolicyDocument": {policy}}),
		b.user(ctx),
	)
}

func (b *builder) user(ctx context.Context) error {
	_, err := b.client.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: &b.env, UserName: ptr(User), IamRole: &b.role})
	return unless(err)
}

func (b *builder) iam(ctx context.Context, form url.Values) error {
	form.Set("Version", "2010-05-08")
	return b.send(ctx, "iam", http.MethodPost, "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// code puts the application's q files in a bucket, as one zip.
func (b *builder) code(ctx context.Context) error {
	files, err := tick.Code.ReadDir("q")
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, f := range files {
		text, err := tick.Code.ReadFile("q/" + f.Name())
		if err != nil {
			return err
		}
		w, err := z.Create(f.Name())
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	b.bucket = Name + "-code-" + b.account
	if err := b.send(ctx, "s3", http.MethodPut, "/"+b.bucket, "", nil); err != nil {
		return err
	}
	return b.send(ctx, "s3", http.MethodPut, "/"+b.bucket+"/tick.zip", "application/zip", packed.Bytes())
}

// send sends a request to one of the services that the client of the API does
// not know. That there is such a thing already is no error.
func (b *builder) send(ctx context.Context, service, method, path, contentType string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, method, b.cfg.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	c, err := b.cfg.Credentials.Credentials(ctx)
	if err != nil {
		return err
	}
	creds := sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if err := sigv4.Sign(r, creds, b.cfg.Region, service, sigv4.HashBody(body), time.Now()); err != nil {
		return err
	}
	client := b.cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusMultipleChoices || resp.StatusCode == http.StatusConflict {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	return errors.Join(fmt.Errorf("%s: %s: %s", service, resp.Status, text), err)
}

func (b *builder) scalingGroup(ctx context.Context) error {
	_, err := b.client.CreateKxScalingGroup(ctx, &finspace.CreateKxScalingGroupInput{
		EnvironmentId: &b.env, ScalingGroupName: ptr(Name), HostType: ptr("kx.sg.4xlarge"), AvailabilityZoneId: &b.zone,
	})
	if err := unless(err); err != nil {
		return err
	}
	_, err = b.client.WaitKxScalingGroup(ctx, &finspace.GetKxScalingGroupInput{EnvironmentId: &b.env, ScalingGroupName: ptr(Name)}, finspace.KxScalingGroupStatusActive)
	return err
}

func (b *builder) volume(ctx context.Context) error {
	_, err := b.client.CreateKxVolume(ctx, &finspace.CreateKxVolumeInput{
		EnvironmentId: &b.env, VolumeName: ptr(Name), VolumeType: finspace.KxVolumeTypeNas1, AzMode: finspace.KxAzModeSingle,
		AvailabilityZoneIds: []string{b.zone},
		Nas1Configuration:   &finspace.KxNAS1Configuration{Type: finspace.KxNAS1TypeSsd250, Size: ptr(int32(1200))},
	})
	if err := unless(err); err != nil {
		return err
	}
	_, err = b.client.WaitKxVolume(ctx, &finspace.GetKxVolumeInput{EnvironmentId: &b.env, VolumeName: ptr(Name)}, finspace.KxVolumeStatusActive)
	return err
}

func (b *builder) database(ctx context.Context) error {
	_, err := b.client.CreateKxDatabase(ctx, &finspace.CreateKxDatabaseInput{EnvironmentId: &b.env, DatabaseName: ptr(database)})
	return unless(err)
}

func (b *builder) dataview(ctx context.Context) error {
	changesets, err := b.client.ListKxChangesets(ctx, &finspace.ListKxChangesetsInput{EnvironmentId: &b.env, DatabaseName: ptr(database)})
	if err != nil {
		return err
	}
	if len(changesets.KxChangesets) == 0 {
		return errors.New("the rdb has made no changeset")
	}
	_, err = b.client.CreateKxDataview(ctx, &finspace.CreateKxDataviewInput{
		EnvironmentId: &b.env, DatabaseName: ptr(database), DataviewName: ptr(database), ChangesetId: changesets.KxChangesets[0].ChangesetId,
		AutoUpdate: ptr(false), AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &b.zone,
		SegmentConfigurations: []finspace.KxDataviewSegmentConfiguration{{VolumeName: ptr(Name), DbPaths: []string{"/*"}}},
	})
	if err := unless(err); err != nil {
		return err
	}
	_, err = b.client.WaitKxDataview(ctx, &finspace.GetKxDataviewInput{
		EnvironmentId: &b.env, DatabaseName: ptr(database), DataviewName: ptr(database),
	}, finspace.KxDataviewStatusActive)
	return err
}

func (b *builder) cluster(ctx context.Context, c cluster) error {
	in := &finspace.CreateKxClusterInput{
		EnvironmentId: &b.env, ClusterName: &c.name, ClusterType: c.kind, ReleaseLabel: ptr("1.0"), ExecutionRole: &b.role,
		Code: &finspace.CodeConfiguration{S3Bucket: &b.bucket, S3Key: ptr("tick.zip")}, InitializationScript: &c.script,
		ScalingGroupConfiguration: &finspace.KxScalingGroupConfiguration{ScalingGroupName: ptr(Name), MemoryReservation: ptr(int32(6)), NodeCount: &c.nodes},
		AzMode:                    finspace.KxAzModeSingle, AvailabilityZoneId: &b.zone,
		VpcConfiguration: &finspace.VpcConfiguration{
			VpcId: ptr("vpc-12345678"), SecurityGroupIds: []string{"sg-12345678"}, SubnetIds: []string{"subnet-12345678"}, IpAddressType: finspace.IPAddressTypeIpV4,
		},
	}
	for i := 0; i < len(c.args); i += 2 {
		in.CommandLineArguments = append(in.CommandLineArguments, finspace.KxCommandLineArgument{Key: &c.args[i], Value: &c.args[i+1]})
	}
	if c.edit != nil {
		c.edit(in)
	}
	_, err := b.client.CreateKxCluster(ctx, in)
	if err := unless(err); err != nil {
		return err
	}
	_, err = b.client.WaitKxCluster(ctx, &finspace.GetKxClusterInput{EnvironmentId: &b.env, ClusterName: &c.name}, finspace.KxClusterStatusRunning)
	return err
}
