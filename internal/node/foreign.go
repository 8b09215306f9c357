package node

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/node/enter"
	"github.com/quoinhq/quoin/internal/runner"
)

// Binary is a program that speaks kdb+'s protocol and takes q's command line.
type Binary struct {
	Path    string
	Home    string // QHOME, or ""
	License string // QLIC, or ""
}

// Binaries are the programs that run clusters, by the label of the release that
// a cluster asks for. That of "" runs those of control.DefaultRelease which has
// none of its own; without either they run on the embedded engine.
type Binaries map[string]Binary

var labelPattern = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,16}$`) // the model's ReleaseLabel

// Check says which of the programs and folders cannot be used.
func (bs Binaries) Check() error {
	for _, label := range slices.Sorted(maps.Keys(bs)) {
		if label != "" && !labelPattern.MatchString(label) {
			return fmt.Errorf("q binary: %q is no release label: 1 to 16 letters, digits, dots, hyphens and underscores", label)
		}
		if err := bs[label].check(); err != nil {
			return fmt.Errorf("q binary%s: %w", forRelease(label), err)
		}
	}
	return nil
}

func (b Binary) check() error {
	if b.Path == "" {
		return fmt.Errorf("a home or a licence is given, and no program")
	}
	st, err := os.Stat(b.Path)
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is no program", b.Path)
	}
	for _, dir := range []string{b.Home, b.License} {
		if st, err := os.Stat(dir); dir != "" && (err != nil || !st.IsDir()) {
			return fmt.Errorf("%s is no folder", dir)
		}
	}
	return nil
}

func forRelease(label string) string {
	if label == "" {
		return ""
	}
	return " of release " + label
}

// Releases are the labels that have a program of their own, in order.
func (bs Binaries) Releases() []string {
	var labels []string
	for _, label := range slices.Sorted(maps.Keys(bs)) {
		if label != "" && label != control.DefaultRelease {
			labels = append(labels, label)
		}
	}
	return labels
}

// of returns the program for a release, and whether there is one.
func (bs Binaries) of(release string) (Binary, bool) {
	b, ok := bs[release]
	if !ok && (release == control.DefaultRelease || release == "") {
		b, ok = bs[""]
	}
	return b, ok
}

// noBinary is why a cluster cannot run any more whose release this server was
// once started with.
func noBinary(release string) error {
	return &bootError{text: "This server has no q binary for the release " + release + ". It is started with --q-binary " + release + "=FILE"}
}

func (k *keeper) isForeign() bool {
	_, ok := k.m.cfg.Binaries.of(k.spec.Release)
	return ok
}

// foreign is the process of a node whose engine is not ours: this program makes
// the layout and becomes the engine.
func (k *keeper) foreign(s *runner.Spec, spec *control.NodeSpec, b Binary, args []string) error {
	e := enter.Spec{Root: k.dir, Program: b.Path, Args: args, Shown: []string{b.Path}}
	for name, dir := range map[string]string{"QHOME": b.Home, "QLIC": b.License} {
		if dir != "" {
			s.Env = append(s.Env, name+"="+dir)
			e.Shown = append(e.Shown, dir)
		}
	}
	if k.m.cfg.Trust != "" {
		e.Shown = append(e.Shown, k.m.cfg.Trust)
	}
	for _, v := range spec.Volumes {
		e.Writable = append(e.Writable, v.Dir)
	}
	for _, d := range spec.Databases {
		if d.Writable {
			e.Writable = append(e.Writable, d.Dir)
		}
	}
	arg, err := e.Argument()
	s.Path, s.Args = k.m.cfg.Engine[0], []string{enter.Command, arg}
	return err
}
