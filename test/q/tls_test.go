package q_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates in a folder.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, dir, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: dir}
	a.cert, a.key = a.issue(name, nil)
	return a
}

// issue makes NAME.pem and NAME-key.pem; without an authority they are one.
func (a *authority) issue(name string, hosts []string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: name, Organization: []string{"Test"}}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		tmpl.IsCA, tmpl.KeyUsage, tmpl.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
		parent, signer = tmpl, key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	writeFile(a.t, a.path(name), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(a.t, a.path(name+"-key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name+".pem") }

// env is the environment of who shows a certificate and trusts the authority.
func (a *authority) env(name string, more ...string) []string {
	return append([]string{"SSL_CERT_FILE=" + a.path(name), "SSL_KEY_FILE=" + a.path(name+"-key"), "SSL_CA_CERT_FILE=" + a.path(a.cert.Subject.CommonName)}, more...)
}

// TestTLS: -E 1 takes plain and encrypted clients, -E 2 encrypted ones only, and
// the variables say whom either side believes.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	other := newAuthority(t, dir, "other")
	ca.issue("server", nil) // no host's name in it: the authority counts
	ca.issue("named", []string{"localhost"})
	ca.issue("client", nil)
	other.issue("stranger", nil)
	trusting := []string{"SSL_CA_CERT_FILE=" + ca.path("ca"), "SSL_CERT_FILE="}

	tests := []struct {
		name           string
		mode           string
		server, client []string
		scheme         string
		ok             bool
	}{
		{"both/TLS", "1", ca.env("server"), trusting, "tcps://", true},
		{"both/plain", "1", ca.env("server"), trusting, "", true},
		{"only/TLS", "2", ca.env("server"), trusting, "tcps://", true},
		{"only/plain", "2", ca.env("server"), trusting, "", false},
		{"none/TLS", "0", nil, trusting, "tcps://", false},
		{"server of another authority", "2", ca.env("server"), []string{"SSL_CA_CERT_FILE=" + other.path("other"), "SSL_CERT_FILE="}, "tcps://", false},
		{"not verified", "2", ca.env("server"), []string{"SSL_CA_CERT_FILE=" + other.path("other"), "SSL_VERIFY_SERVER=NO", "SSL_CERT_FILE="}, "tcps://", true},
		{"KX_ first", "2", ca.env("server"), append([]string{"KX_SSL_VERIFY_SERVER=NO", "SSL_VERIFY_SERVER=YES"}, "SSL_CA_CERT_FILE="+other.path("other"), "SSL_CERT_FILE="), "tcps://", true},
		{"host of another name", "2", ca.env("server"), append([]string{"SSL_VERIFY_SERVER=HOSTIP"}, trusting...), "tcps://", false},
		{"host by name", "2", ca.env("named"), append([]string{"SSL_VERIFY_SERVER=HOSTIP"}, trusting...), "tcps://", true},
		{"client without certificate", "2", ca.env("server", "SSL_VERIFY_CLIENT=YES"), trusting, "tcps://", false},
		{"client with certificate", "2", ca.env("server", "SSL_VERIFY_CLIENT=YES"), ca.env("client"), "tcps://", true},
		{"client of another authority", "2", ca.env("server", "SSL_VERIFY_CLIENT=YES"), append(other.env("stranger"), "SSL_CA_CERT_FILE="+ca.path("ca")), "tcps://", false},
		{"client certificate if there is one", "2", ca.env("server", "SSL_VERIFY_CLIENT=IFPRESENT"), trusting, "tcps://", true},
		{"no version in common", "2", ca.env("server", "SSL_MINPROTOCOL=TLSv1.3"), append([]string{"SSL_MAXPROTOCOL=TLSv1.2"}, trusting...), "tcps://", false},
		{"no cipher in common", "2", ca.env("server", "SSL_CIPHER_LIST=ECDHE-ECDSA-AES128-GCM-SHA256", "SSL_MAXPROTOCOL=TLSv1.2"), append([]string{"SSL_CIPHER_LIST=ECDHE-ECDSA-AES256-GCM-SHA384"}, trusting...), "tcps://", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, port := listenQ(t, dir, tt.server, "-E", tt.mode)
			c := startQ(t, dir, tt.client, "-q")
			got := c.do("{h:hopen(x;10000);h\"21*2\"}`$\":" + tt.scheme + "localhost:" + port + `"`)
			if ok := got == "42"; ok != tt.ok {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTLSDetails(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	ca.issue("server", []string{"localhost"})
	ca.issue("client", nil)
	s, port := listenQ(t, dir, ca.env("server", "SSL_VERIFY_CLIENT=IFPRESENT"), "-E", "2")
	s.all(try{`\E`, "2i"}, try{".z.e", ""}, try{"(-26!)[]`SSL_VERIFY_CLIENT", "`IFPRESENT"},
		try{"(-26!)[]`SSL_CERT_FILE", "`" + ca.path("server")})
	c := startQ(t, dir, ca.env("client"), "-q")
	c.all(
		try{"h:hopen`$\":tcps://localhost:" + port + `"`, ""},
		try{"(h\".z.e\")`PROTOCOL", "`TLSv1.3"},
		try{"(h\".z.e\")[`CERT;`SUBJECT`VERIFIED]", "\"/O=Test/CN=client\"\n1b"},
		try{"(-26!h)[`CERT;`SERIALNUMBER]", `"1267"`},
		try{`h"til 3"`, "0 1 2"},
	)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	r, err := web.Get("https://localhost:" + port + "/a.csv?([]a:1%202)")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); err != nil || string(b) != "a\n1\n2" {
		t.Errorf("https: %q, %v", b, err)
	}
	c.all(try{".Q.hg\":https://localhost:" + port + "/a.csv?([]a:1%202)\"", `"a\n1\n2"`})
}

// TestTLSWithoutCertificate: a process that cannot do what it is told does not
// begin.
func TestTLSWithoutCertificate(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.pem")
	s := startQ(t, dir, []string{"SSL_CERT_FILE=" + missing, "SSL_KEY_FILE=" + missing}, "-E", "1", "-p", "0W")
	if text, code := s.end(); code != 1 || !strings.Contains(text, "SSL_CERT_FILE "+missing) {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("the certificate was made up")
	}
}

// TestUnixSocket: a port has a unix socket too, abstract or in QUDSPATH's folder.
func TestUnixSocket(t *testing.T) {
	dir := t.TempDir()
	_, port := listenQ(t, dir, nil)
	c := startQ(t, dir, nil, "-q")
	c.all(try{"h:hopen`$\":unix://" + port + `"`, ""}, try{`h".z.a"`, "0i"}, try{"(-38!h)`f", `"u"`})
	uds := filepath.Join(dir, "s")
	if err := os.Mkdir(uds, 0o700); err != nil {
		t.Fatal(err)
	}
	_, port = listenQ(t, dir, []string{"QUDSPATH=" + uds})
	c = startQ(t, dir, []string{"QUDSPATH=" + uds}, "-q")
	c.all(try{"h:hopen`$\":unix://" + port + `:ann:x"`, ""}, try{`h".z.u"`, "`ann"})
	if _, err := os.Stat(filepath.Join(uds, "kx."+port)); err != nil {
		t.Error(err)
	}
}
