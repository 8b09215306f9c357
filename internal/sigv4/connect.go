package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ConnectService is the service that connection strings are signed for.
const ConnectService = "finspace-apricot"

// ConnectAction is what a connection string asks to do.
const ConnectAction = "finspace:ConnectKxCluster"

// Connection is what a connection string says beside its signature.
type Connection struct {
	Host   string // endpoint name of the cluster or node
	Port   int
	User   string // kdb user name, the user of the kdb+ login
	Action string // ConnectAction
}

// SignConnect makes the signed query that a kdb+ client sends as its password.
// Its parameters stand in the order that recorded strings of the service have.
func SignConnect(k Connection, c Credentials, region string, now time.Time, life time.Duration) (string, error) {
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return "", errors.New("sigv4: no credentials to sign with")
	}
	date := now.UTC().Format(timeFormat)
	scope := Scope{date[:8], region, ConnectService}
	b := make([]byte, 0, 1024)
	add := func(key, value string) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = appendEncoded(append(append(b, key...), '='), value, 0)
	}
	add("Host", k.Host)
	add("Port", strconv.Itoa(k.Port))
	add("User", k.User)
	add("Action", k.Action)
	if c.SessionToken != "" {
		add(headerToken, c.SessionToken)
	}
	add("X-Amz-Algorithm", Algorithm)
	add(headerDate, date)
	add("X-Amz-SignedHeaders", "host")
	add("X-Amz-Expires", strconv.Itoa(int(life/time.Second)))
	add("X-Amz-Credential", c.AccessKeyID+"/"+scope.String())
	_, signature := compute(connectMessage(k.Host, string(b)), c, scope, date, []string{"host"}, EmptyHash)
	add("X-Amz-Signature", signature)
	return string(b), nil
}

func connectMessage(host, query string) message {
	return message{method: http.MethodGet, path: "/", query: query, host: host, length: -1}
}

// ParseConnect takes a signed query apart. It returns an *Error for a text
// that is not one, has a parameter twice, or has one that it should not have.
// The caller checks the Connection against the login and the cluster.
func ParseConnect(query string) (*Auth, Connection, error) {
	var k Connection
	q := &authQuery{present: true}
	seen := make(map[string]bool, 12)
	for rest := query; rest != ""; {
		var piece, port string
		piece, rest, _ = strings.Cut(rest, "&")
		key, value, _ := strings.Cut(piece, "=")
		var field *string
		switch key {
		case "Host":
			field = &k.Host
		case "Port":
			field = &port
		case "User":
			field = &k.User
		case "Action":
			field = &k.Action
		default:
			if field = q.field(key); field == nil {
				return nil, Connection{}, incomplete("The connection string has a parameter that does not belong there.")
			}
		}
		if seen[key] {
			return nil, Connection{}, incomplete("The connection string gives '" + key + "' more than once.")
		}
		seen[key] = true
		var err error
		if *field, err = url.QueryUnescape(value); err != nil {
			return nil, Connection{}, incomplete("The connection string is not properly encoded.")
		}
		if key == "Port" {
			if k.Port, err = strconv.Atoi(port); err != nil || k.Port < 1 || k.Port > 65535 {
				return nil, Connection{}, incomplete("The connection string's port is not a port.")
			}
		}
	}
	if !seen["X-Amz-Signature"] {
		return nil, Connection{}, ErrMissing()
	}
	if k.Host == "" || k.User == "" || k.Action == "" || k.Port == 0 || q.expires == "" || q.hash != "" {
		return nil, Connection{}, incomplete("The connection string must have Host, Port, User, Action and X-Amz-Expires.")
	}
	a := &Auth{msg: connectMessage(k.Host, query)}
	if err := a.parseQuery(q); err != nil {
		return nil, Connection{}, err
	}
	if a.Form = InConnect; a.Signed != "host" {
		return nil, Connection{}, incomplete("A connection string signs the host only.")
	}
	return a, k, nil
}
