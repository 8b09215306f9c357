package iam

import (
	"context"
	"net/netip"
	"time"

	"github.com/quoinhq/quoin/internal/iam/policy"
)

// Identity is a principal that has proved who it is. It is immutable and may be
// shared. It says what was true when it was made: [Service.Authorize] looks at
// the principal as it is now.
type Identity struct {
	// ARN names the caller: a user, the account's root, or
	// arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION.
	ARN string
	// PrincipalARN is ARN, or for a session of a role the role's ARN.
	PrincipalARN string
	// UserID is the unique id of the caller: AIDA… for users, AROA…:SESSION
	// for roles, the account for root.
	UserID      string
	Account     string
	Root        bool
	AccessKeyID string
	// UserName is set for users and their sessions.
	UserName string
	// Session is nil for long-term access keys.
	Session *Session

	principal string // key of the principal's record: user/NAME, role/NAME, "" for root
	uniqueID  string // of the user or role: one made anew under the name is another
}

// Session is what temporary credentials carry beside their principal.
type Session struct {
	RoleARN  string // "" for GetSessionToken
	Name     string
	Tags     map[string]string
	Issued   time.Time
	Expires  time.Time
	Provider string // issuer that vouched for a web identity
	Subject  string // that issuer's name for the caller
	Source   string // source identity, "" for none

	limits []attached // session policies; the session may do what one of them allows
}

// attached is a policy with the name that decisions show.
type attached struct {
	name string
	doc  *policy.Document
}

// Env is what is known of a request beside who makes it: the values of
// aws:SourceIp and its like. The server puts it into the request's context.
type Env struct {
	RequestID string
	SourceIP  netip.Addr
	Secure    bool // came over TLS
	UserAgent string
	Referer   string
	Region    string // that the signature is scoped to

	// What became of the request, for the audit trail; written while it is
	// answered, in the goroutine that answers it.
	Operation string // of iam or sts
	Action    string // that was last decided about
	Resource  string // on which
	Fault     string // code of the error that it was answered with
}

type contextKey int

const (
	identityKey contextKey = iota
	envKey
)

// WithIdentity returns a context that carries a verified identity.
func WithIdentity(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(ctx, identityKey, id)
}

// IdentityFrom returns the verified identity of the request, nil when there is none.
func IdentityFrom(ctx context.Context) *Identity {
	id, _ := ctx.Value(identityKey).(*Identity)
	return id
}

// WithEnv returns a context that carries what is known of the request.
func WithEnv(ctx context.Context, env *Env) context.Context {
	return context.WithValue(ctx, envKey, env)
}

// EnvFrom returns what WithEnv put in, never nil.
func EnvFrom(ctx context.Context) *Env {
	if env, ok := ctx.Value(envKey).(*Env); ok {
		return env
	}
	return &Env{}
}
