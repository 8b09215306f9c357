package gateway_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// The string of GetKxConnectionString, byte for byte: order and encoding of the
// parameters as in recordings of the service, which code takes apart.
// Source: CLI_Environment_Setup.ipynb of AWS's examples; the model's pattern.
func TestConnectionStringForm(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys := sigv4.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "IQoJ+/=="}
	s, err := gateway.Sign(control.Endpoint{Environment: "5lcklyegnrzyxd2aa6qk72", Cluster: "hdb", User: "bob"}, "kx.example.com:8651", keys, "us-east-1", at, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	form, signature, _ := strings.Cut(s, "&X-Amz-Signature=")
	want := ":tcps://kx.example.com:8651:bob:Host=hdb.5lcklyegnrzyxd2aa6qk72.quoin.internal&Port=8651&User=bob&Action=finspace%3AConnectKxCluster" +
		"&X-Amz-Security-Token=IQoJ%2B%2F%3D%3D&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260304T050607Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900" +
		"&X-Amz-Credential=ASIAEXAMPLE%2F20260304%2Fus-east-1%2Ffinspace-apricot%2Faws4_request"
	if form != want {
		t.Errorf("got  %s\nwant %s", form, want)
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(signature) {
		t.Errorf("the signature is %q", signature)
	}
	if !regexp.MustCompile(`^(:|:tcps:\/\/)[a-zA-Z0-9-\.\_]+:\d+:[a-zA-Z0-9-\.\_]+:\S+$`).MatchString(s) || strings.Count(s, ":") != 5 {
		t.Errorf("%s is not as the model has it", s)
	}
	keys.SessionToken = strings.Repeat("x", 2048)
	if _, err := gateway.Sign(control.Endpoint{Environment: "e", Cluster: "hdb", User: "bob"}, "kx.example.com:8651", keys, "us-east-1", at, 15*time.Minute); err == nil {
		t.Error("a string of more than 2,048 characters was made")
	}
}
