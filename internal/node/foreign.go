package node

import (
	"github.com/quoinhq/quoin/internal/runner"
)

// foreign is the process of a node whose engine is not ours.
func (k *keeper) foreign(s *runner.Spec, args []string) {
	b := &k.m.cfg.Foreign
	if b.Home != "" {
		s.Env = append(s.Env, "QHOME="+b.Home)
	}
	if b.License != "" {
		s.Env = append(s.Env, "QLIC="+b.License)
	}
	s.Path, s.Args = b.Path, args
}
