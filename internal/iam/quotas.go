package iam

// Quotas bounds what an account can hold. Zero means AWS's default. Source: IAM
// user guide, "IAM and AWS STS quotas".
type Quotas struct {
	Users            int // 5,000
	Roles            int // 1,000
	Policies         int // customer managed, 1,500
	Profiles         int // 1,000
	Providers        int // 100
	KeysPerUser      int // 2
	AttachedPolicies int // per user or role, 10
	PolicyVersions   int // 5
	TagsPerResource  int // 50
}

func (q Quotas) withDefaults() Quotas {
	set := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	set(&q.Users, 5000)
	set(&q.Roles, 1000)
	set(&q.Policies, 1500)
	set(&q.Profiles, 1000)
	set(&q.Providers, 100)
	set(&q.KeysPerUser, 2)
	set(&q.AttachedPolicies, 10)
	set(&q.PolicyVersions, 5)
	set(&q.TagsPerResource, 50)
	return q
}

// Longest policies, in characters that are not white space.
const (
	maxInlineUser   = 2048
	maxInlineRole   = 10240
	maxManaged      = 6144
	maxTrust        = 2048
	maxSessionText  = 2048
	maxSessionARNs  = 10
	maxSimulateDocs = 100
)

// policySize counts as the quotas do.
func policySize(doc string) int {
	n := 0
	for _, r := range doc {
		if r != ' ' && r != '\t' && r != '\n' && r != '\r' {
			n++
		}
	}
	return n
}
