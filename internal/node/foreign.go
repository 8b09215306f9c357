package node

import (
	"github.com/quoinhq/quoin/internal/node/enter"
	"github.com/quoinhq/quoin/internal/runner"
)

// foreign is the process of a node whose engine is not ours: this program makes
// the layout and becomes the engine.
func (k *keeper) foreign(s *runner.Spec, args []string) {
	b := &k.m.cfg.Foreign
	if b.Home != "" {
		s.Env = append(s.Env, "QHOME="+b.Home)
	}
	if b.License != "" {
		s.Env = append(s.Env, "QLIC="+b.License)
	}
	s.Path = k.m.cfg.Engine[0]
	s.Args = append([]string{enter.Command, k.dir, b.Path}, args...)
}
