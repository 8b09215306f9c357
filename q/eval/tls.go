package eval

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// opensslDir is where certificates are looked for that no variable names.
const opensslDir = "/etc/ssl"

// tlsVariables are the environment variables that TLS is set up with, and what
// holds where they are not set; KX_ before a name goes before it. The files are
// whoever operates the process's, on this machine and not where q code has its
// own; q code never sees what is in them.
// Source: KX manual, "SSL/TLS" (kb/ssl).
var tlsVariables = [...]struct{ name, otherwise string }{
	{"SSL_CERT_FILE", opensslDir + "/server-crt.pem"},
	{"SSL_CA_CERT_FILE", opensslDir + "/cacert.pem"},
	{"SSL_CA_CERT_PATH", opensslDir},
	{"SSL_KEY_FILE", opensslDir + "/server-key.pem"},
	{"SSL_CIPHER_LIST", "DEFAULT"},
	{"SSL_VERIFY_CLIENT", "NO"},
	{"SSL_VERIFY_SERVER", "YES"},
	{"SSL_MINPROTOCOL", "TLSv1.2"},
	{"SSL_MAXPROTOCOL", "None"},
}

// tlsSetting returns the value of a variable, and whether the environment has it.
func (eng *Engine) tlsSetting(name string) (value string, set bool) {
	for _, n := range []string{"KX_" + name, name} {
		if v, ok := eng.sys.LookupEnv(n); ok && v != "" {
			return v, true
		}
	}
	for _, v := range tlsVariables {
		if v.name == name {
			return v.otherwise, false
		}
	}
	return "", false
}

// tlsSettings is -26!().
func (eng *Engine) tlsSettings() kdb.Value {
	keys, vals := []kdb.Symbol{kdb.Sym("SSLEAY_VERSION")}, []kdb.Symbol{kdb.Sym("crypto/tls " + runtime.Version())}
	for _, v := range tlsVariables {
		value, _ := eng.tlsSetting(v.name)
		keys, vals = append(keys, kdb.Sym(v.name)), append(vals, kdb.Sym(value))
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewVec(vals))
}

var protocols = map[string]uint16{
	"None": tls.VersionTLS10, "SSLv3": tls.VersionTLS10, "TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11,
	"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

var clientPolicies = map[string]tls.ClientAuthType{
	"NO": tls.NoClientCert, "YES": tls.RequireAndVerifyClientCert, "REQUESTONLY": tls.RequestClientCert, "IFPRESENT": tls.VerifyClientCertIfGiven,
}

// tlsBase is what both ends have in common.
func (eng *Engine) tlsBase() (*tls.Config, error) {
	cfg := &tls.Config{}
	low, _ := eng.tlsSetting("SSL_MINPROTOCOL")
	high, _ := eng.tlsSetting("SSL_MAXPROTOCOL")
	var ok bool
	if cfg.MinVersion, ok = protocols[low]; !ok {
		return nil, kdb.Error("SSL_MINPROTOCOL: " + low)
	}
	if high != "None" {
		if cfg.MaxVersion, ok = protocols[high]; !ok {
			return nil, kdb.Error("SSL_MAXPROTOCOL: " + high)
		}
	}
	if _, set := eng.tlsSetting("SSL_CIPHERSUITES"); set {
		return nil, kdb.Error("nyi: SSL_CIPHERSUITES") // Go chooses those of TLS 1.3 itself
	}
	var err error
	if cfg.CipherSuites, err = eng.cipherList(); err != nil {
		return nil, err
	}
	return cfg, nil
}

// cipherList reads SSL_CIPHER_LIST: OpenSSL's names of TLS 1.2 suites. Names
// that Go does not have are passed over; a list of nothing else is an error.
func (eng *Engine) cipherList() ([]uint16, error) {
	list, set := eng.tlsSetting("SSL_CIPHER_LIST")
	if !set || list == "ALL" || list == "DEFAULT" {
		return nil, nil
	}
	known := map[string]uint16{}
	for _, s := range tls.CipherSuites() {
		known[opensslName(s.Name)] = s.ID
	}
	var ids []uint16
	for _, name := range strings.Split(list, ":") {
		if id, ok := known[name]; ok {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, kdb.Error("SSL_CIPHER_LIST: no cipher match")
	}
	return ids, nil
}

// opensslName turns TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 into
// ECDHE-RSA-AES128-GCM-SHA256; names of TLS 1.3 stay.
func opensslName(name string) string {
	exchange, rest, ok := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	if !ok {
		return name
	}
	rest = strings.TrimSuffix(strings.Replace(rest, "AES_", "AES", 1), "_CBC_SHA")
	if strings.Contains(rest, "CHACHA20") {
		rest = strings.TrimSuffix(rest, "_SHA256")
	} else if !strings.Contains(rest, "_") {
		rest += "_SHA"
	}
	if exchange == "RSA" {
		return strings.ReplaceAll(rest, "_", "-")
	}
	return strings.ReplaceAll(exchange+"_"+rest, "_", "-")
}

// tlsServer is what a port of -E 1 and 2 offers.
func (eng *Engine) tlsServer() (*tls.Config, error) {
	cfg, err := eng.tlsBase()
	if err != nil {
		return nil, err
	}
	cert, err := eng.certificate()
	if err != nil {
		return nil, err
	}
	cfg.Certificates = []tls.Certificate{*cert}
	policy, _ := eng.tlsSetting("SSL_VERIFY_CLIENT")
	var ok bool
	if cfg.ClientAuth, ok = clientPolicies[policy]; !ok {
		return nil, kdb.Error("SSL_VERIFY_CLIENT: " + policy)
	}
	if cfg.ClientAuth != tls.NoClientCert {
		if cfg.ClientCAs, _, err = eng.authorities(); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// tlsClient is how a client of host checks who is there: by the authorities
// that the environment names, whatever the host's name, as kdb+ does; where
// they are the machine's own, or SSL_VERIFY_SERVER is HOSTIP, by the name too.
func (eng *Engine) tlsClient(host string) (*tls.Config, error) {
	cfg, err := eng.tlsBase()
	if err != nil {
		return nil, err
	}
	cfg.ServerName = host
	if _, set := eng.tlsSetting("SSL_CERT_FILE"); set {
		if cert, err := eng.certificate(); err == nil {
			cfg.Certificates = []tls.Certificate{*cert} // a client need not have one
		}
	}
	roots, own, err := eng.authorities()
	if err != nil {
		return nil, err
	}
	cfg.RootCAs = roots
	switch policy, _ := eng.tlsSetting("SSL_VERIFY_SERVER"); {
	case policy == "NO":
		cfg.InsecureSkipVerify = true // as the user says
	case policy == "YES" && own:
		cfg.InsecureSkipVerify = true // but for the chain
		cfg.VerifyConnection = func(cs tls.ConnectionState) error {
			o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
			for _, c := range cs.PeerCertificates[1:] {
				o.Intermediates.AddCert(c)
			}
			_, err := cs.PeerCertificates[0].Verify(o)
			return err
		}
	case policy != "YES" && policy != "HOSTIP":
		return nil, kdb.Error("SSL_VERIFY_SERVER: " + policy)
	}
	return cfg, nil
}

// certificate reads SSL_CERT_FILE and SSL_KEY_FILE.
func (eng *Engine) certificate() (*tls.Certificate, error) {
	var pem [2][]byte
	for i, v := range []string{"SSL_CERT_FILE", "SSL_KEY_FILE"} {
		name, _ := eng.tlsSetting(v)
		var err error
		if pem[i], err = os.ReadFile(name); err != nil {
			return nil, osError(v+" "+name, err)
		}
	}
	c, err := tls.X509KeyPair(pem[0], pem[1])
	if err != nil {
		return nil, kdb.Error("SSL_CERT_FILE and SSL_KEY_FILE: " + strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &c, nil
}

// authorities are those of SSL_CA_CERT_FILE and SSL_CA_CERT_PATH; own tells
// that the environment names them. Otherwise they are the machine's.
func (eng *Engine) authorities() (pool *x509.CertPool, own bool, err error) {
	file, fileSet := eng.tlsSetting("SSL_CA_CERT_FILE")
	dir, dirSet := eng.tlsSetting("SSL_CA_CERT_PATH")
	if !fileSet && !dirSet {
		pool, err = x509.SystemCertPool()
		if err != nil {
			return nil, false, kdb.Error("no certificates of authorities")
		}
		return pool, false, nil
	}
	pool = x509.NewCertPool()
	if fileSet {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, false, osError("SSL_CA_CERT_FILE "+file, err)
		}
		pool.AppendCertsFromPEM(pem)
	}
	if dirSet {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, false, osError("SSL_CA_CERT_PATH "+dir, err)
		}
		for _, e := range entries {
			pem, err := os.ReadFile(path.Join(dir, e.Name()))
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !e.IsDir() {
				return nil, false, osError("SSL_CA_CERT_PATH "+e.Name(), err)
			}
			pool.AppendCertsFromPEM(pem) // other files are in such folders too
		}
	}
	return pool, true, nil
}

// connectionTLS is .z.e: the cipher, protocol and certificate of the other side
// of a handle, or the empty dictionary where it is not encrypted.
func (c *connections) connectionTLS(id int) kdb.Value {
	h := c.get(id)
	if h == nil || h.secure == nil {
		return kdb.NewDict(&kdb.Symbols{}, kdb.NewList())
	}
	s := h.secure
	keys := []kdb.Symbol{kdb.Sym("CIPHER"), kdb.Sym("PROTOCOL")}
	vals := []kdb.Value{kdb.Sym(opensslName(tls.CipherSuiteName(s.CipherSuite))), kdb.Sym(strings.Replace(tls.VersionName(s.Version), "TLS ", "TLSv", 1))}
	if len(s.PeerCertificates) > 0 {
		cert := s.PeerCertificates[0]
		failed := kdb.Long(0)
		if !h.verified {
			failed = 20 // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
		}
		day := func(t time.Time) kdb.Value { return kdb.Str(t.UTC().Format("Jan _2 15:04:05 2006 GMT")) }
		keys = append(keys, kdb.Sym("CERT"))
		vals = append(vals, kdb.NewDict(kdb.Syms("SUBJECT", "ISSUER", "SERIALNUMBER", "NOTVALIDBEFORE", "NOTVALIDAFTER", "VERIFIED", "VERIFYERROR"),
			kdb.NewList(kdb.Str(distinguished(cert.Subject.String())), kdb.Str(distinguished(cert.Issuer.String())),
				kdb.Str(strings.ToUpper(cert.SerialNumber.Text(16))), day(cert.NotBefore), day(cert.NotAfter), kdb.Bool(h.verified), failed)))
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...))
}

// distinguished turns a name as RFC 2253 writes it, last part first, into the
// form with slashes.
func distinguished(name string) string {
	var b strings.Builder
	parts := strings.Split(name, ",")
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString("/" + parts[i])
	}
	return b.String()
}
