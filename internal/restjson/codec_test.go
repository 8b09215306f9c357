package restjson_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/api/apitest"
)

func TestOwnRoundTrip(t *testing.T) {
	for _, op := range api.Operations() {
		for seed := range uint64(50) {
			out := apitest.New(seed, seed%2 == 0).Output(op)
			doc := op.AppendOutput(nil, out)
			if !json.Valid(doc) {
				t.Fatalf("%s: %s", op.Name, doc)
			}
			got, err := op.DecodeOutput(doc)
			if err != nil {
				t.Fatalf("%s: %v", op.Name, err)
			}
			if diff := cmp.Diff(out, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", op.Name, diff)
			}
		}
	}
}

func TestDocuments(t *testing.T) {
	at := func(ms int64) *time.Time { return new(time.UnixMilli(ms)) }
	for _, tt := range []struct {
		name, op string
		out      any
		want     string
	}{
		{"absent members are left out", "GetKxUser", &finspace.GetKxUserOutput{UserName: new("bob")}, `{"userName":"bob"}`},
		{"empty is not absent", "GetKxUser", &finspace.GetKxUserOutput{UserName: new("")}, `{"userName":""}`},
		{"empty list", "ListKxUsers", &finspace.ListKxUsersOutput{Users: []finspace.KxUser{}}, `{"users":[]}`},
		{"whole second", "GetKxDatabase", &finspace.GetKxDatabaseOutput{CreatedTimestamp: at(1732635000000)}, `{"createdTimestamp":1732635000}`},
		{"fraction", "GetKxDatabase", &finspace.GetKxDatabaseOutput{CreatedTimestamp: at(1732635000120)}, `{"createdTimestamp":1732635000.12}`},
		{"before 1970", "GetKxDatabase", &finspace.GetKxDatabaseOutput{CreatedTimestamp: at(-1500)}, `{"createdTimestamp":-1.5}`},
		{"long", "GetKxDatabase", &finspace.GetKxDatabaseOutput{NumBytes: new(int64(math.MaxInt64))}, `{"numBytes":9223372036854775807}`},
		{"doubles", "GetKxCluster", &finspace.GetKxClusterOutput{AutoScalingConfiguration: &finspace.AutoScalingConfiguration{
			MetricTarget: new(0.1), ScaleInCooldownSeconds: new(1e21), ScaleOutCooldownSeconds: new(math.Inf(-1))}},
			`{"autoScalingConfiguration":{"metricTarget":0.1,"scaleInCooldownSeconds":1e+21,"scaleOutCooldownSeconds":"-Infinity"}}`},
		{"escapes", "GetKxUser", &finspace.GetKxUserOutput{UserName: new("\x00\n\"\\/é\U0001f600\xff</script>")},
			`{"userName":"\u0000\n\"\\/é😀` + "\ufffd" + `</script>"}`},
		{"maps in order", "ListTagsForResource", &finspace.ListTagsForResourceOutput{Tags: map[string]string{"b": "2", "a": "1", "c": "3"}}, `{"tags":{"a":"1","b":"2","c":"3"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(codec(tt.op).AppendOutput(nil, tt.out)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		`{"numFiles":1.5}`:                    "numFiles must be an integer of 32 bits",
		`{"numFiles":2147483648}`:             "numFiles must be an integer of 32 bits",
		`{"numFiles":"1"}`:                    "numFiles must be a number",
		`{"numBytes":1e3}`:                    "numBytes must be an integer of 64 bits",
		`{"createdTimestamp":true}`:           "createdTimestamp must be a number of seconds",
		`{"createdTimestamp":"yesterday"}`:    "createdTimestamp is no time",
		`{"createdTimestamp":1e300}`:          "createdTimestamp is no time",
		`{"databaseName":["a"]}`:              "databaseName must be a string",
		`{"numFiles":1,"numFiles":1}`:         "numFiles is given twice",
		`{"databaseName":"\ud800"}`:           `databaseName is not valid JSON: a wrong \u escape at byte 23`,
		`{"databaseName":"a`:                  "databaseName is not valid JSON: a string without end at byte 18",
		`{"a":1,}`:                            "is not valid JSON: no member name at byte 7",
		`null`:                                "is not a JSON object",
		"{\"databaseName\":\"\xed\xa0\x80\"}": "is not valid UTF-8",
	} {
		if _, err := codec("GetKxDatabase").DecodeOutput([]byte(doc)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", doc, err, want)
		}
	}
}

func TestDecodeInput(t *testing.T) {
	op := codec("UpdateKxUser")
	in, err := op.DecodeInput([]byte(`{"environmentId":"e","userName":"bob","iamRole":"r"}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&finspace.UpdateKxUserInput{EnvironmentId: new("e"), UserName: new("bob"), IamRole: new("r")}, in); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := op.DecodeInput([]byte(`{"iamRoll":"r"}`)); err == nil || err.Error() != `"iamRoll" is not known here` {
		t.Errorf("%v", err)
	}
	if _, err := codec("CreateKxCluster").DecodeInput([]byte(`{"code":{"s3bucket":"r"}}`)); err == nil || err.Error() != `code."s3bucket" is not known here` {
		t.Errorf("%v", err)
	}
}

func TestTargetNeedsItsLabels(t *testing.T) {
	for _, in := range []*finspace.GetKxUserInput{{EnvironmentId: new("e")}, {EnvironmentId: new("e"), UserName: new("")}} {
		if _, _, err := codec("GetKxUser").Target(in); err == nil || err.Error() != "userName is required" {
			t.Errorf("%v", err)
		}
	}
}

func BenchmarkAppendUser(b *testing.B) {
	op := codec("UpdateKxUser")
	out := &finspace.UpdateKxUserOutput{
		UserName: new("bob"), EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"),
		UserArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic/kxUser/bob"),
		IamRole: new("arn:aws:iam::123456789012:role/trader"),
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = op.AppendOutput(buf[:0], out)
	}
}

func BenchmarkAppendHundredUsers(b *testing.B) {
	op := codec("ListKxUsers")
	out := new(finspace.ListKxUsersOutput)
	now := time.UnixMilli(1732635000123)
	for range 100 {
		out.Users = append(out.Users, finspace.KxUser{
			UserName: new("bob"), IamRole: new("arn:aws:iam::123456789012:role/trader"), CreateTimestamp: &now, UpdateTimestamp: &now,
			UserArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic/kxUser/bob"),
		})
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = op.AppendOutput(buf[:0], out)
	}
}

func BenchmarkBindUpdateUser(b *testing.B) {
	op := codec("UpdateKxUser")
	body := []byte(`{"iamRole":"arn:aws:iam::123456789012:role/trader","clientToken":"fdbd82ab-671f-470d-9546-3c6dcebb94aa"}`)
	labels := []string{"jlcenjvtkgzrdek2qqv7ic", "bob"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.Bind(labels, "", body); err != nil {
			b.Fatal(err)
		}
	}
}
