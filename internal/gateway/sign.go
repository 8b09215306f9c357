package gateway

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// DefaultLife is how long a connection string lets anybody in: what every
// recorded string of the service said.
const DefaultLife = 15 * time.Minute

// maxString is the most characters of a connection string, the model's.
const maxString = 2048

// Sign makes a connection string for an endpoint, in the form that recordings
// of the service show, with the gateway's own address in front. Errors:
// credentials too long for the model's 2,048 characters.
func Sign(to control.Endpoint, address string, c sigv4.Credentials, region string, now time.Time, life time.Duration) (string, error) {
	h, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("gateway: address: %w", err)
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return "", fmt.Errorf("gateway: port: %w", err)
	}
	query, err := sigv4.SignConnect(sigv4.Connection{Host: host(to), Port: port, User: to.User, Action: sigv4.ConnectAction}, c, region, now, life)
	if err != nil {
		return "", err
	}
	s := ":tcps://" + h + ":" + p + ":" + to.User + ":" + query
	if len(s) > maxString {
		return "", fmt.Errorf("gateway: the connection string has %d characters, more than %d", len(s), maxString)
	}
	return s, nil
}
