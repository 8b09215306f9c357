package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a TLS key pair in two files that is read again once they have
// changed, so that a renewed certificate needs no restart. A pair that cannot
// be read (half of it is written, say) is reported and the one before stays.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	stamp   [2]fileStamp
	checked time.Time
}

type fileStamp struct {
	modified time.Time
	size     int64
}

// certificateCheck is how often the files are looked at, at most.
const certificateCheck = time.Second

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	stamp, err := c.stat()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.pair, c.stamp, c.checked = &pair, stamp, time.Now()
	return c, nil
}

// config offers the pair as it is at the time of each handshake.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= certificateCheck {
		c.checked = now
		if err := c.reload(); err != nil {
			c.log.Error("the TLS certificate cannot be read again; the one before stays in use", "error", err)
		}
	}
	return c.pair, nil
}

// reload reads the pair if its files are not those that were read last. Caller
// holds mu.
func (c *certificate) reload() error {
	stamp, err := c.stat()
	if err != nil || stamp == c.stamp {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.stamp = &pair, stamp
	c.log.Info("TLS certificate renewed", "subject", pair.Leaf.Subject.String(), "until", pair.Leaf.NotAfter)
	return nil
}

func (c *certificate) stat() (stamp [2]fileStamp, err error) {
	for i, name := range [...]string{c.certFile, c.keyFile} {
		var info fs.FileInfo
		if info, err = os.Stat(name); err != nil {
			return stamp, err
		}
		stamp[i] = fileStamp{info.ModTime(), info.Size()}
	}
	return stamp, nil
}

// private reports whether clients must be told of the authority that signed
// the certificate, since their systems do not know it.
func (c *certificate) private() bool {
	c.mu.Lock()
	leaf := c.pair.Leaf
	chain := c.pair.Certificate[1:]
	c.mu.Unlock()
	between := x509.NewCertPool()
	for _, der := range chain {
		if cert, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(cert)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{Intermediates: between})
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown)
}
