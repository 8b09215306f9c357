package control

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// Quota names a limit on how many of something there may be.
type Quota string

// The quotas. What each bounds, and its default, stands in quotaTable.
const (
	QuotaEnvironments     Quota = "environments"
	QuotaUsers            Quota = "users"
	QuotaUsersPerRole     Quota = "users-per-role"
	QuotaClusters         Quota = "clusters"
	QuotaClustersSingleAZ Quota = "clusters-single-az"
	QuotaClustersMultiAZ  Quota = "clusters-multi-az"
	QuotaNodes            Quota = "nodes-per-cluster"
	QuotaDatabases        Quota = "databases"
	QuotaChangesets       Quota = "changesets-in-progress"
	QuotaDataviews        Quota = "dataviews"
	QuotaVolumes          Quota = "volumes"
	QuotaVolumeStorage    Quota = "volume-storage-gib"
	QuotaScalingGroups    Quota = "scaling-groups"
	QuotaTags             Quota = "tags"
)

// quotaTable holds the defaults. Those of the service that ended are in its
// user guide (finspace-quotas). Ours differ where its number came from the size
// of a rented fleet and not from the job: one environment per account, ten
// clusters of which five with one zone, and five volumes would only be in the
// way on hardware of one's own.
var quotaTable = map[Quota]struct {
	def  int
	what string
}{
	QuotaEnvironments:     {10, "environments in the account"},
	QuotaUsers:            {1000, "users in an environment"},
	QuotaUsersPerRole:     {0, "users of an environment that share one IAM role (0: as many as there may be users)"},
	QuotaClusters:         {100, "clusters in an environment"},
	QuotaClustersSingleAZ: {100, "clusters with one availability zone in an environment"},
	QuotaClustersMultiAZ:  {100, "clusters with three availability zones in an environment"},
	QuotaNodes:            {5, "nodes of a cluster"},
	QuotaDatabases:        {1500, "databases in an environment"},
	QuotaChangesets:       {10, "changesets being ingested in an environment"},
	QuotaDataviews:        {4500, "dataviews in an environment"},
	QuotaVolumes:          {50, "volumes in an environment"},
	QuotaVolumeStorage:    {1 << 20, "GiB of all volumes in an environment"},
	QuotaScalingGroups:    {50, "scaling groups in an environment"},
	QuotaTags:             {50, "tags on a resource"},
}

// Quotas are the limits that differ from their defaults.
type Quotas map[Quota]int

// Of is the limit that holds.
func (q Quotas) Of(name Quota) int {
	if n, ok := q[name]; ok {
		return n
	}
	return quotaTable[name].def
}

// Set changes a quota by its name. Errors: an unknown name, a negative number.
func (q Quotas) Set(name, value string) error {
	if _, ok := quotaTable[Quota(name)]; !ok {
		return fmt.Errorf("no quota is called %q; there are %s", name, quotaNames())
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("quota %s: %q is not a number of things", name, value)
	}
	q[Quota(name)] = n
	return nil
}

func quotaNames() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(quotaTable)) {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

// checkQuota makes sure that there may be one more record of the kind in the
// environment. Errors: LimitExceededException.
func (s *Service) checkQuota(tx store.Tx, q Quota, kind store.Kind, env string) error {
	n, err := tx.Count(kind, env+"/")
	if err != nil {
		return err
	}
	if limit := s.Quotas.Of(q); n >= limit {
		return finspace.NewLimitExceededException(fmt.Sprintf("The limit of %d %s is reached.", limit, quotaTable[q].what))
	}
	return nil
}
