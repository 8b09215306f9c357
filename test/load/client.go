package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one connection that signs its requests. It is made so that the
// machine's time goes to the server: it builds requests as bytes and reads no
// more of a reply than it needs. Its signatures are its own work, so that the
// server's are not checked against themselves.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	host   string
	key    hash.Hash // HMAC with the day's signing key
	access string
	scope  string
	out    bytes.Buffer
	canon  bytes.Buffer
}

func dial(host, access, secret string) (*client, error) {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	day := time.Now().UTC().Format("20060102")
	key := []byte("AWS4" + secret)
	for _, part := range []string{day, "us-east-1", "finspace", "aws4_request"} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	return &client{
		conn: conn, in: bufio.NewReaderSize(conn, 32<<10), host: host, access: access,
		key: hmac.New(sha256.New, key), scope: day + "/us-east-1/finspace/aws4_request",
	}, nil
}

// call sends a request and returns the reply's body. The path must be in the
// form that is signed; the query sorted and encoded.
func (c *client) call(method, path, query string, body []byte) ([]byte, error) {
	stamp := time.Now().UTC().Format("20060102T150405Z")
	sum := sha256.Sum256(body)
	c.canon.Reset()
	fmt.Fprintf(&c.canon, "%s\n%s\n%s\nhost:%s\nx-amz-date:%s\n\nhost;x-amz-date\n%x", method, path, query, c.host, stamp, sum)
	canonical := sha256.Sum256(c.canon.Bytes())
	c.key.Reset()
	fmt.Fprintf(c.key, "AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, c.scope, canonical)
	signature := hex.EncodeToString(c.key.Sum(nil))

	c.out.Reset()
	c.out.WriteString(method + " " + path)
	if query != "" {
		c.out.WriteString("?" + query)
	}
	fmt.Fprintf(&c.out, " HTTP/1.1\r\nHost: %s\r\nX-Amz-Date: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=host;x-amz-date, Signature=%s\r\n",
		c.host, stamp, c.access, c.scope, signature)
	if len(body) > 0 {
		fmt.Fprintf(&c.out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	c.out.WriteString("\r\n")
	c.out.Write(body)
	if _, err := c.conn.Write(c.out.Bytes()); err != nil {
		return nil, err
	}
	return c.reply()
}

func (c *client) reply() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 12 {
		return nil, fmt.Errorf("reply begins with %q", line)
	}
	status := string(line[9:12])
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return nil, err
	}
	if status != "200" {
		return nil, fmt.Errorf("status %s: %s", status, body)
	}
	return body, nil
}
