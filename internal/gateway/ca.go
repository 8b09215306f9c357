package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

// Authority is the certificate authority that kdb+ clients of this server
// trust. It makes the gateway's certificate, and another before that expires.
// Its methods may be called concurrently.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	now  func() time.Time

	mu    sync.Mutex // protects leafs
	leafs map[string]*tls.Certificate
}

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 30 * 24 * time.Hour
)

// OpenAuthority reads the authority from two files, and makes it when neither
// exists. The key's file can be read by its owner alone.
func OpenAuthority(certFile, keyFile string, now func() time.Time) (*Authority, error) {
	certPEM, cerr := os.ReadFile(certFile)
	keyPEM, kerr := os.ReadFile(keyFile)
	if errors.Is(cerr, fs.ErrNotExist) && errors.Is(kerr, fs.ErrNotExist) {
		var err error
		if certPEM, keyPEM, err = newAuthority(now()); err != nil {
			return nil, err
		}
		// The key first: a certificate without one could not be mended.
		if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
			return nil, fmt.Errorf("gateway: certificate authority: %w", err)
		}
		if err := os.WriteFile(certFile, certPEM, 0o600); err != nil {
			return nil, fmt.Errorf("gateway: certificate authority: %w", err)
		}
	} else if err := errors.Join(cerr, kerr); err != nil {
		return nil, fmt.Errorf("gateway: certificate authority: %w", err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("gateway: certificate authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("gateway: certificate authority: the key is not one for ECDSA")
	}
	return &Authority{cert: pair.Leaf, key: key, pem: certPEM, now: now, leafs: map[string]*tls.Certificate{}}, nil
}

func serial() (*big.Int, error) { return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) }

func newAuthority(now time.Time) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("gateway: %w", err)
	}
	n, err := serial()
	if err != nil {
		return nil, nil, fmt.Errorf("gateway: %w", err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: "Quoin kdb+ gateway authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		return nil, nil, fmt.Errorf("gateway: %w", err)
	}
	kb, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, nil, fmt.Errorf("gateway: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kb}), nil
}

// PEM is the authority's certificate, for clients to trust.
func (a *Authority) PEM() []byte { return a.pem }

// TLS is the configuration of a server that is reached under the given names
// and addresses, and under whatever name a client asks for below them.
func (a *Authority) TLS(names ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Small records at the beginning are for pages that are shown as they come.
		DynamicRecordSizingDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.leaf(names)
		},
	}
}

// leaf returns a certificate for the names that lasts for a third of its life
// at least.
func (a *Authority) leaf(names []string) (*tls.Certificate, error) {
	k := fmt.Sprint(names)
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leafs[k]; c != nil && c.Leaf.NotAfter.Sub(a.now()) > leafLife/3 {
		return c, nil
	}
	c, err := a.issue(names)
	if err != nil {
		return nil, err
	}
	a.leafs[k] = c
	return c, nil
}

func (a *Authority) issue(names []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	n, err := serial()
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: names[0]},
		NotBefore: a.now().Add(-time.Hour), NotAfter: a.now().Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
