package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/internal/node/enter"
)

// A program that is tried out has this long.
const patience = 10 * time.Second

// namespaces runs a program as a node's that is not the embedded engine: in a
// user and a mount namespace. Whether they can be had is known only by having
// them: some systems let anybody make one and then allow nothing in it.
func namespaces(ctx context.Context, p Plan) []Finding {
	if runtime.GOOS != "linux" {
		return ok("none on this system; the embedded engine needs none")
	}
	err := enclosed(ctx, p.Program)
	if err == nil {
		return ok("a q binary of yours gets a user and a mount namespace")
	}
	advice := "Let the user make them: sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), user.max_user_namespaces above 0 (RHEL); in a container: --security-opt seccomp=unconfined, or CAP_SYS_ADMIN."
	if len(p.Binaries) == 0 {
		return warn(err.Error()+"; only a q binary of yours needs them", advice)
	}
	return fail(err.Error()+", and your q binary needs them", advice)
}

func enclosed(ctx context.Context, program string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	root, err := os.MkdirTemp("", "quoin-doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	for _, dir := range []string{"app", "tmp"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			return err
		}
	}
	arg, err := enter.Spec{Root: root, Program: "/bin/true"}.Argument()
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, program, enter.Command, arg).CombinedOutput()
	if err != nil && len(out) > 0 {
		return errors.New(strings.TrimPrefix(oneLine(string(out)), "quoin: "))
	}
	return err
}

// binaries runs each q binary and asks it for its version and its licence.
func binaries(ctx context.Context, p Plan) []Finding {
	if len(p.Binaries) == 0 {
		found := "none given: clusters run on the embedded engine"
		if q, err := exec.LookPath("q"); err == nil {
			found += fmt.Sprintf(" (there is %s: quoin serve --q-binary %[1]s would run them on it)", q)
		}
		return ok(found)
	}
	if err := p.Binaries.Check(); err != nil {
		return fail(err.Error(), "Give a program that this user may run as --q-binary, and folders as --q-home and --q-license.")
	}
	var all []Finding
	for _, label := range slices.Sorted(maps.Keys(p.Binaries)) {
		all = append(all, engine(ctx, p.Binaries[label])...)
	}
	return all
}

// script prints a mark, the version and, where there is one, the day on which
// the licence ends. Source: KX manual, .z.K and .z.l.
const script = `-1"quoin ",string[.z.K]," ",$[1<count .z.l;.z.l 1;""];
exit 0
`

// soon is how long before its end a licence is worth a word.
const soon = 30 * 24 * time.Hour

func engine(ctx context.Context, b node.Binary) []Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.Path, "-q")
	cmd.Env = os.Environ()
	for name, dir := range map[string]string{"QHOME": b.Home, "QLIC": b.License} {
		if dir != "" {
			cmd.Env = append(cmd.Env, name+"="+dir)
		}
	}
	cmd.Stdin, cmd.WaitDelay = strings.NewReader(script), time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var version, ends string
	for line := range strings.Lines(out.String()) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "quoin "); ok {
			version, ends, _ = strings.Cut(rest, " ")
		}
	}
	if version == "" {
		return silent(b, out.String(), err)
	}
	found := fmt.Sprintf("%s answers, version %s", b.Path, version)
	day, err := time.Parse("2006.01.02", ends)
	if err != nil {
		return ok(found)
	}
	found += ", licence until " + day.Format(time.DateOnly)
	const advice = "Ask KX for a new licence file, and put it in the folder of --q-license before the old one ends: nodes that start afterwards do not come up."
	switch left := time.Until(day); {
	case left < 0:
		return fail(found, advice)
	case left < soon:
		return warn(found, advice)
	}
	return ok(found)
}

// silent is a program that did not answer as q does. Without a licence kdb+
// signals 'k4.lic; source: KX manual, "Licensing".
func silent(b node.Binary, out string, err error) []Finding {
	why := oneLine(out)
	if why == "" && err != nil {
		why = err.Error()
	}
	found := fmt.Sprintf("%s does not answer: %s", b.Path, why)
	switch {
	case strings.Contains(out, "lic"):
		return fail(found, "Name the folder of your licence file (k4.lic, kc.lic) as --q-license; a kc.lic needs a way to KX's licence server.")
	case strings.Contains(out, "q.k"):
		return fail(found, "Name the folder of its q.k as --q-home.")
	}
	return fail(found, "Try it by hand: QHOME=… QLIC=… "+b.Path)
}
