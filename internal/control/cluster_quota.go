package control

import (
	"maps"
	"slices"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// clusterTotals are the things that quotas bound and that clusters have some of.
type clusterTotals map[Quota]int

// add counts what a cluster has.
func (t clusterTotals) add(c *cluster) {
	if c.Config.AzMode == finspace.KxAzModeMulti {
		t[QuotaClustersMultiAZ]++
	} else {
		t[QuotaClustersSingleAZ]++
	}
	if d := c.Config.CapacityConfiguration; d != nil {
		t[QuotaDedicated(finspace.Value(d.NodeType))] += c.nodeCount()
	}
	for _, x := range c.Config.CacheStorageConfigurations {
		t[QuotaCache] += int(finspace.Value(x.Size))
	}
	if sd := c.Config.SavedownStorageConfiguration; sd != nil {
		t[QuotaSavedown] += int(finspace.Value(sd.Size))
	}
}

// checkClusterQuotas checks that an environment may have a new cluster beside
// those that are there; how many clusters there are is not looked at. Errors:
// LimitExceededException.
func (s *Service) checkClusterQuotas(tx store.Tx, c *cluster) error {
	if err := s.within(QuotaNodes, c.nodeCount()); err != nil {
		return err
	}
	others, err := clustersOf(tx, c.Environment, func(o *cluster) bool { return o.Name != c.Name })
	if err != nil {
		return err
	}
	own, total := clusterTotals{}, clusterTotals{}
	own.add(c)
	total.add(c)
	for _, o := range others {
		total.add(o)
	}
	for _, q := range slices.Sorted(maps.Keys(own)) {
		if err := s.within(q, total[q]); err != nil {
			return err
		}
	}
	return s.checkMountQuotas(c, others)
}

// checkMountQuotas checks that the volumes of a cluster may be mounted once
// more beside what others mount. Errors: LimitExceededException.
func (s *Service) checkMountQuotas(c *cluster, others []*cluster) error {
	for _, m := range c.volumeMounts() {
		n, q := 1, QuotaVolumeReads
		if m.writes {
			q = QuotaVolumeWrites
		}
		for _, o := range others {
			if slices.Contains(o.volumeMounts(), m) {
				n++
			}
		}
		if err := s.within(q, n); err != nil {
			return err
		}
	}
	return nil
}
