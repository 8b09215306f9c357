package datadir

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Credentials are the root user's long-lived keys.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
}

// Credentials reads the file that AWS tools can read as well
// (AWS_SHARED_CREDENTIALS_FILE). Errors: fs.ErrNotExist before the first start.
func (d *Dir) Credentials() (Credentials, error) { return ReadCredentials(d.Path("credentials")) }

// ReadCredentials reads the keys of a file in the form of AWS's shared
// credentials file; where it has several profiles, those of the last.
func ReadCredentials(path string) (Credentials, error) {
	var c Credentials
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			c.AccessKeyID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			c.SecretAccessKey = strings.TrimSpace(value)
		}
	}
	if err := lines.Err(); err != nil {
		return c, err
	}
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return c, fmt.Errorf("%s: a key is missing", f.Name())
	}
	return c, nil
}

// WriteCredentials replaces the credentials file.
func (d *Dir) WriteCredentials(c Credentials) error {
	return d.WriteFile("credentials", fmt.Appendf(nil,
		"[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", c.AccessKeyID, c.SecretAccessKey))
}

// Endpoint says how clients reach a server.
type Endpoint struct {
	URL       string `json:"url"`
	Region    string `json:"region"`
	CABundle  string `json:"caBundle,omitempty"`  // the API's certificate, when no public authority has signed it
	Gateway   string `json:"gateway,omitempty"`   // where kdb+ clients connect
	GatewayCA string `json:"gatewayCa,omitempty"` // file with the certificate that they trust
}

// Endpoint is that of the server that runs on the folder, or ran last.
// Errors: fs.ErrNotExist when none ever did.
func (d *Dir) Endpoint() (Endpoint, error) {
	var e Endpoint
	b, err := os.ReadFile(d.Path("server.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return e, fmt.Errorf("data folder %s: no server has run yet: %w", d.path, err)
	}
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("%s: %w", d.Path("server.json"), err)
	}
	return e, nil
}

// WriteEndpoint records how clients reach the server.
func (d *Dir) WriteEndpoint(e Endpoint) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return d.WriteFile("server.json", append(b, '\n'))
}
