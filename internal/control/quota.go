package control

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// Quota names a limit on how many of something there may be.
type Quota string

// The quotas that have one limit. What each bounds, and its default, stands in
// quotaTable.
const (
	QuotaEnvironments     Quota = "environments"
	QuotaUsers            Quota = "users"
	QuotaUsersPerRole     Quota = "users-per-role"
	QuotaClusters         Quota = "clusters"
	QuotaClustersSingleAZ Quota = "clusters-single-az"
	QuotaClustersMultiAZ  Quota = "clusters-multi-az"
	QuotaNodes            Quota = "nodes-per-cluster"
	QuotaCache            Quota = "cache-storage-gb"
	QuotaSavedown         Quota = "savedown-storage-gb"
	QuotaDatabases        Quota = "databases"
	QuotaChangesets       Quota = "changesets-in-progress"
	QuotaDataviews        Quota = "dataviews"
	QuotaVersions         Quota = "dataview-versions-in-progress"
	QuotaVolumes          Quota = "volumes"
	QuotaVolumeReads      Quota = "read-mounts-per-volume"
	QuotaVolumeWrites     Quota = "write-mounts-per-volume"
	QuotaVolumeStorage    Quota = "volume-storage-gb"
	QuotaScalingGroups    Quota = "scaling-groups"
	QuotaTags             Quota = "tags"

	// QuotaAll stands for every quota that is not set by its own name.
	QuotaAll Quota = "all"
)

// QuotaHosts bounds the scaling groups of an environment on hosts of a type.
func QuotaHosts(hostType string) Quota { return Quota("hosts-" + hostType) }

// QuotaDedicated bounds the nodes of an environment's dedicated clusters that
// are of a type.
func QuotaDedicated(nodeType string) Quota { return Quota("nodes-" + nodeType) }

// Unlimited is the limit of a quota that limits nothing.
const Unlimited = math.MaxInt

type quotaRow struct {
	def  int
	what string // is bounded
}

// quotaTable holds the defaults: those of the service that ended, except that
// it had 1 environment, in accounts that cost nothing to make, and 5 clusters
// with one availability zone; its own sample application, and ours, consist of
// 6. Nothing was known to bound the users of a role.
// Source: user guide, finspace-quotas.
var quotaTable = map[Quota]quotaRow{
	QuotaEnvironments:     {10, "environments in the account"},
	QuotaUsers:            {1000, "users in an environment"},
	QuotaUsersPerRole:     {Unlimited, "users of an environment that share one IAM role"},
	QuotaClusters:         {10, "clusters in an environment"},
	QuotaClustersSingleAZ: {10, "clusters with one availability zone in an environment"},
	QuotaClustersMultiAZ:  {1, "clusters with three availability zones in an environment"},
	QuotaNodes:            {5, "nodes of a cluster"},
	QuotaCache:            {7730, "GB of all clusters' cache in an environment"},
	QuotaSavedown:         {17179, "GB of all clusters' savedown storage in an environment"},
	QuotaDatabases:        {1500, "databases in an environment"},
	QuotaChangesets:       {10, "changesets being ingested in an environment"},
	QuotaDataviews:        {4500, "dataviews in an environment"},
	QuotaVersions:         {10, "versions of dataviews being made in an environment"},
	QuotaVolumes:          {5, "volumes in an environment"},
	QuotaVolumeReads:      {5, "clusters that read a volume"},
	QuotaVolumeWrites:     {5, "clusters that write to a volume"},
	QuotaVolumeStorage:    {7730, "GB of all volumes in an environment"},
	QuotaScalingGroups:    {10, "scaling groups in an environment"},
	QuotaTags:             {50, "tags on a resource"},
}

// typeQuotas are the defaults of QuotaHosts and QuotaDedicated for the types
// of the service. Types that the operator adds are not limited by type, nor is
// LocalHost. Source: user guide, finspace-quotas.
var typeQuotas = map[string]int{
	"kx.sg.large": 1, "kx.sg.xlarge": 1, "kx.sg.2xlarge": 1, "kx.sg.4xlarge": 1, "kx.sg.8xlarge": 1,
	"kx.sg.16xlarge": 0, "kx.sg.32xlarge": 0, "kx.sg1.16xlarge": 0, "kx.sg1.24xlarge": 0,
	"kx.s.large": 5, "kx.s.xlarge": 5, "kx.s.2xlarge": 5, "kx.s.4xlarge": 1, "kx.s.8xlarge": 1,
	"kx.s.16xlarge": 0, "kx.s.32xlarge": 0,
}

// row is what a quota bounds, and its default. ok says that there is such a
// quota.
func (q Quota) row() (r quotaRow, ok bool) {
	if r, ok := quotaTable[q]; ok {
		return r, true
	}
	typ, what := "", ""
	if t, found := strings.CutPrefix(string(q), "hosts-"); found {
		typ, what = t, "scaling groups in an environment on hosts of type "+t
	} else if t, found := strings.CutPrefix(string(q), "nodes-"); found {
		typ, what = t, "dedicated nodes in an environment of type "+t
	}
	r = quotaRow{Unlimited, what}
	if n, found := typeQuotas[typ]; found {
		r.def = n
	}
	return r, typ != ""
}

// Quotas are the limits that differ from their defaults.
type Quotas map[Quota]int

// Of is the limit that holds.
func (q Quotas) Of(name Quota) int {
	if n, ok := q[name]; ok {
		return n
	}
	if n, ok := q[QuotaAll]; ok {
		return n
	}
	r, _ := name.row()
	return r.def
}

// Set changes a quota by its name; the value is a number or "unlimited".
// Errors: an unknown name, a negative number.
func (q Quotas) Set(name, value string) error {
	if _, ok := Quota(name).row(); !ok && Quota(name) != QuotaAll {
		return fmt.Errorf("no quota is called %q; there are %s", name, quotaNames())
	}
	if value == "unlimited" {
		q[Quota(name)] = Unlimited
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("quota %s: %q is not a number of things, nor unlimited", name, value)
	}
	q[Quota(name)] = n
	return nil
}

func quotaNames() string {
	names := []string{string(QuotaAll), string(QuotaHosts("HOSTTYPE")), string(QuotaDedicated("NODETYPE"))}
	for _, name := range slices.Sorted(maps.Keys(quotaTable)) {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

// exceeded is the text for a caller who asks for more than a quota allows: it
// names the quota, which is what the operator has to raise.
func (s *Service) exceeded(q Quota) string {
	r, _ := q.row()
	return fmt.Sprintf("The limit of %d %s is reached (quota %s).", s.Quotas.Of(q), r.what, q)
}

// within makes sure that a quota allows n. Errors: LimitExceededException.
func (s *Service) within(q Quota, n int) error {
	if n > s.Quotas.Of(q) {
		return finspace.NewLimitExceededException(s.exceeded(q))
	}
	return nil
}

// checkQuota makes sure that there may be one more record of the kind in the
// environment. Errors: LimitExceededException.
func (s *Service) checkQuota(tx store.Tx, q Quota, kind store.Kind, env string) error {
	n, err := tx.Count(kind, env+"/")
	if err != nil {
		return err
	}
	return s.within(q, n+1)
}
