package node

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/node/engine"
	"github.com/quoinhq/quoin/internal/runner"
	"github.com/quoinhq/quoin/kdb"
)

// The scripts that every node's process runs, after the values that are the
// node's own and before its init script. They are q as kdb+ 4.0 has it.
var (
	//go:embed boot.q
	bootQ []byte
	//go:embed aws.q
	awsQ []byte
	//go:embed start.q
	startQ []byte
)

// bootScript is what a node's process runs.
func (k *keeper) bootScript(spec *control.NodeSpec) []byte {
	var b bytes.Buffer
	set := func(name string, value string) { fmt.Fprintf(&b, "%s:%s;\n", name, value) }
	set(".quoin.node", text(spec.ID))
	set(".quoin.secret", text(k.secret))
	set(".quoin.agent", "`$"+text(":"+k.m.agent.Addr().String()+":"+spec.ID+":"+k.secret))
	set(".quoin.script", text(spec.Script))
	set(".quoin.databases", texts(loadable(spec.Databases)))
	set(".aws.akcp", text(engine.AppDir+"/code"))
	set(".aws.akdbp", text(engine.AppDir+"/db"))
	database := ""
	if len(spec.Databases) > 0 {
		database = spec.Databases[0].Name
	}
	set(".aws.akdb", text(database))
	set(".aws.akdbs", texts(databaseList(spec.Databases)))
	set(".aws.akcsp", text(onlyIf(spec.Type == finspace.KxClusterTypeGp, engine.AppDir+"/code_scratch")))
	set(".aws.akscp", text(scratchDir(spec)))
	set(".aws.tp_log_path", text(logDir(spec)))
	var keys, values []string
	for _, a := range spec.Arguments {
		keys, values = append(keys, finspace.Value(a.Key)), append(values, finspace.Value(a.Value))
		if finspace.Value(a.Key) == "AWS_ZIP_DEFAULT" {
			set(".z.zd", strings.ReplaceAll(finspace.Value(a.Value), ",", " "))
		}
	}
	set(".aws.args", "(`$"+texts(keys)+")!"+texts(values))
	for _, part := range [][]byte{bootQ, awsQ, startQ} {
		b.Write(part)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func onlyIf(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

func scratchDir(spec *control.NodeSpec) string {
	if spec.Savedown != "" {
		return engine.AppDir + "/shared/" + spec.Savedown + "/" + spec.Cluster
	}
	return engine.AppDir + "/scratch"
}

// logDir is where a tickerplant writes its log, and others find it.
func logDir(spec *control.NodeSpec) string {
	if spec.Logs == "" {
		return ""
	}
	dir := engine.AppDir + "/shared/" + spec.Logs
	if spec.Type == finspace.KxClusterTypeTickerplant {
		dir += "/" + spec.Cluster
	}
	return dir
}

// loadable are the databases that a node has content of.
func loadable(ds []control.NodeDatabase) []string {
	var names []string
	for _, d := range ds {
		if !d.Target && (d.Dir != "" || d.Tree != control.NodeDatabase{}.Tree) {
			names = append(names, d.Name)
		}
	}
	return names
}

func databaseList(ds []control.NodeDatabase) []string {
	var names []string
	for _, d := range ds {
		names = append(names, d.Name)
	}
	return names
}

// databaseNames is what the reload of a node is given.
func databaseNames(ds []control.NodeDatabase) kdb.Value {
	var l []kdb.Value
	for _, name := range loadable(ds) {
		l = append(l, kdb.Str(name))
	}
	return kdb.NewList(l...)
}

// text writes a string as q has it: of any length it is a list of characters.
func text(s string) string {
	var b strings.Builder
	b.WriteString(`(),"`)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return "(" + b.String() + ")"
}

// texts writes a list of strings.
func texts(all []string) string {
	if len(all) == 0 {
		return "()"
	}
	var b strings.Builder
	b.WriteString("(")
	for i, s := range all {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(text(s))
	}
	if len(all) == 1 {
		return "enlist" + b.String() + ")"
	}
	return b.String() + ")"
}

// minMemory is the least memory that the embedded engine is limited to: it
// needs about half of it for itself, where kdb+ needs a few MiB. AWS's samples
// reserve 6 MiB and use more.
const minMemory = 256 << 20

// command is the process of a node: its program, arguments and environment.
func (k *keeper) command(spec *control.NodeSpec, boot string) (runner.Spec, error) {
	cfg := &k.m.cfg
	s := runner.Spec{CPU: spec.CPU, Memory: spec.Memory}
	s.Env = []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + filepath.Join(k.dir, "tmp"), "TMPDIR=" + filepath.Join(k.dir, "tmp"),
		"LANG=C.UTF-8", "SSL_VERIFY_SERVER=YES", "SSL_CA_CERT_FILE=" + cfg.Trust,
	}
	if tz := os.Getenv("TZ"); tz != "" {
		s.Env = append(s.Env, "TZ="+tz)
	}
	args := append([]string{boot}, k.arguments(spec)...)
	if b, ok := cfg.Binaries.of(spec.Release); ok {
		return s, k.foreign(&s, spec, b, args)
	}
	if spec.Release != control.DefaultRelease && spec.Release != "" {
		return s, noBinary(spec.Release)
	}
	if s.Memory > 0 {
		s.Memory = max(s.Memory, minMemory)
	}
	limits := cfg.Runner.Limits()
	if s.CPU > 0 && !limits.CPU {
		s.Env = append(s.Env, "GOMAXPROCS="+strconv.Itoa(int(math.Ceil(s.CPU))))
	}
	if s.Memory > 0 {
		// The engine says 'wsfull before the machine kills it, and the collector
		// works harder before either.
		args = append(args, "-w", strconv.FormatInt(s.Memory>>20, 10))
		s.Env = append(s.Env, "GOMEMLIMIT="+strconv.FormatInt(s.Memory*9/10, 10))
	}
	var writable []string
	for _, d := range spec.Databases {
		if d.Writable {
			writable = append(writable, d.Name)
		}
	}
	s.Env = append(s.Env, engine.RootVar+"="+k.dir, engine.WritableVar+"="+strings.Join(writable, ":"))
	if spec.Type == finspace.KxClusterTypeHdb || spec.Type == finspace.KxClusterTypeGp {
		s.Env = append(s.Env, engine.ShellVar+"=1")
	}
	s.Path = cfg.Engine[0]
	s.Args = append(append([]string{}, cfg.Engine[1:]...), args...)
	return s, nil
}

// arguments are the command-line arguments of a cluster as its q code finds
// them in .z.X: a key with a hyphen before it, then the value. The keys s and g
// are q's own options. Source: API reference, CreateKxCluster.
func (k *keeper) arguments(spec *control.NodeSpec) []string {
	var args []string
	for _, a := range spec.Arguments {
		key := finspace.Value(a.Key)
		if key == "AWS_ZIP_DEFAULT" {
			continue
		}
		args = append(args, "-"+key, finspace.Value(a.Value))
	}
	return args
}
