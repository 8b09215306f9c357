package iam

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// The kinds of records that this package owns. Names of users, roles and
// policies are unique whatever the case of their letters, so keys are lower case.
const (
	kindUser     store.Kind = "iam.user"
	kindRole     store.Kind = "iam.role"
	kindPolicy   store.Kind = "iam.policy"
	kindKey      store.Kind = "iam.key"
	kindKeyUse   store.Kind = "iam.keyuse"
	kindSession  store.Kind = "iam.session"
	kindProvider store.Kind = "iam.oidc"
	kindProfile  store.Kind = "iam.profile"
	kindUniqueID store.Kind = "iam.id"
)

var (
	users     = store.Table[userRecord]{Kind: kindUser}
	roles     = store.Table[roleRecord]{Kind: kindRole}
	policies  = store.Table[policyRecord]{Kind: kindPolicy}
	keys      = store.Table[keyRecord]{Kind: kindKey}
	keyUses   = store.Table[keyUse]{Kind: kindKeyUse}
	sessions  = store.Table[sessionRecord]{Kind: kindSession}
	providers = store.Table[providerRecord]{Kind: kindProvider}
	profiles  = store.Table[profileRecord]{Kind: kindProfile}
	uniqueIDs = store.Table[idRecord]{Kind: kindUniqueID}
)

func recordKey(name string) string { return strings.ToLower(name) }

// principalRecord is what users and roles have in common.
type principalRecord struct {
	Name     string
	ID       string // AIDA… or AROA…
	Path     string
	Created  time.Time
	Tags     []tag             `json:",omitempty"`
	Inline   map[string]string `json:",omitempty"` // policy name → document
	Attached []string          `json:",omitempty"` // ARNs of managed policies
	Boundary string            `json:",omitempty"` // ARN of the permissions boundary

	// RevokedBefore ends the sessions that were opened until then.
	RevokedBefore time.Time `json:",omitzero"`
}

type tag struct{ Key, Value string }

type userRecord struct {
	principalRecord
	Keys []string `json:",omitempty"` // ids of its access keys
}

type roleRecord struct {
	principalRecord
	Trust       string // as kept: see bindTrust
	Description string `json:",omitempty"`
	MaxSession  int    // seconds
}

type policyRecord struct {
	Name        string
	ID          string // ANPA…
	Path        string
	Description string `json:",omitempty"`
	Created     time.Time
	Updated     time.Time
	Tags        []tag `json:",omitempty"`
	Versions    []policyVersion
	Default     string // id of the version that counts
	NextVersion int
}

type policyVersion struct {
	ID       string // v1, v2, …
	Document string
	Created  time.Time
}

func (p *policyRecord) document() string {
	for _, v := range p.Versions {
		if v.ID == p.Default {
			return v.Document
		}
	}
	return ""
}

// keyRecord is a long-term access key. User is "" for the account's root.
type keyRecord struct {
	User     string
	Secret   string
	Inactive bool `json:",omitempty"`
	Created  time.Time
}

type keyUse struct {
	Time            time.Time
	Region, Service string
}

// sessionRecord stands behind temporary credentials; its key is their access
// key id. Deleting it ends the session.
type sessionRecord struct {
	Secret     string
	Token      string
	Principal  string // user/NAME or role/NAME, "" for root
	ID         string // unique id of that user or role
	Name       string `json:",omitempty"`
	Policy     string `json:",omitempty"`
	PolicyARNs []string
	Tags       map[string]string `json:",omitempty"`
	Transitive []string          `json:",omitempty"`
	Issued     time.Time
	Expires    time.Time
	Provider   string `json:",omitempty"`
	Subject    string `json:",omitempty"`
	Source     string `json:",omitempty"`
	Opener     opener
}

// sessionGrace is how long an ended session is remembered, so that its holder
// is told that it ended rather than that it never was.
const sessionGrace = time.Hour

type providerRecord struct {
	URL         string
	ClientIDs   []string
	Thumbprints []string
	Tags        []tag
	Created     time.Time
}

type profileRecord struct {
	Name    string
	ID      string // AIPA…
	Path    string
	Role    string `json:",omitempty"` // key of the role
	Created time.Time
	Tags    []tag
}

// newID makes a unique id as AWS writes them: a prefix that says what it names
// and letters and digits of base 32, 20 characters for access keys and 21 for
// the rest.
func newID(prefix string) string {
	n := 21
	if prefix == "AKIA" || prefix == "ASIA" {
		n = 20
	}
	var b [16]byte
	rand.Read(b[:]) // never fails
	return prefix + base32.StdEncoding.EncodeToString(b[:])[:n-len(prefix)]
}

// newSecret makes a secret access key: 40 characters, 240 random bits.
func newSecret() string { return randomText(30) }

// newToken makes a session token: 64 characters, short enough for a connection
// string, and free of characters that grow when they are percent-encoded.
func newToken() string {
	return strings.NewReplacer("+", "-", "/", "_").Replace(randomText(48))
}

func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

func (s *Service) arn(resource string) string { return "arn:aws:iam::" + s.account + ":" + resource }

func (s *Service) userARN(u *userRecord) string { return s.arn("user" + u.Path + u.Name) }
func (s *Service) roleARN(r *roleRecord) string { return s.arn("role" + r.Path + r.Name) }
func (s *Service) policyARN(p *policyRecord) string {
	return s.arn("policy" + p.Path + p.Name)
}

// nameOf returns the kind and name that an ARN of this account's IAM ends in;
// ok is false for any other text.
func (s *Service) nameOf(arn, kind string) (path, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, s.arn(kind+"/"))
	if !ok || rest == "" {
		return "", "", false
	}
	i := strings.LastIndexByte(rest, '/')
	return "/" + rest[:i+1], rest[i+1:], rest[i+1:] != ""
}
