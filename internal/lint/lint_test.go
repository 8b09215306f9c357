// Package lint_test holds the tree to its rules: go test ./internal/lint.
package lint_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/quoinhq/quoin/"

// source is a Go file of the tree that people wrote.
type source struct {
	path string // from the root of the tree, with slashes
	room string // its folder
	test bool   // a test, or a package that only tests use
	*ast.File
	text []byte
}

// sources parses all of them; what is generated or belongs to another module
// is left out.
func sources(t *testing.T) (all []source) {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			switch {
			case rel == "internal/apigen", d.Name() == "testdata", d.Name() == "node_modules", strings.HasPrefix(d.Name(), ".") && rel != ".":
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasPrefix(d.Name(), "zz_") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, rel, text, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{rel, filepath.ToSlash(filepath.Dir(rel)), isTest(rel), file, text})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files found: the walk is broken", len(all))
	}
	return all
}

// isTest also holds for packages of test tools, by their names: blobtest,
// storetest, and what stands under test.
func isTest(path string) bool {
	if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "test/") {
		return true
	}
	for _, dir := range strings.Split(filepath.ToSlash(filepath.Dir(path)), "/") {
		if strings.HasSuffix(dir, "test") {
			return true
		}
	}
	return false
}

// rooms says what the packages under a folder may not import, by the beginning
// of the import's path. Arrows between rooms point one way.
var rooms = []struct {
	room   string
	forbid []string
	but    []string
	why    string
}{
	{"kdb", []string{module}, []string{module + "kdb"}, "kdb knows nothing of the service"},
	{"q", []string{module}, []string{module + "q", module + "kdb", module + "internal/machine"}, "q knows nothing of the service"},
	{"internal/machine", []string{module}, nil, "what the machine has is known without anything of ours"},
	{"finspace", []string{module + "internal"}, []string{module + "internal/sigv4", module + "internal/restjson"}, "the public API stands on its own"},
	{"internal/store", []string{module, "net/http"}, []string{module + "internal/store"}, "storage sees no HTTP and nothing of the service"},
	{"internal/sigv4", []string{module}, nil, "signatures need nothing of ours"},
	{"internal/lifecycle", []string{module, "net/http"}, []string{module + "internal/store"}, "the reconciler knows records only"},
	{"internal/blob", []string{module, "net/http"}, nil, "files by content know nothing of the service"},
	{"internal/control", []string{module + "internal/server", "net/http", "modernc.org", "database/sql"}, nil, "rules see neither transport nor SQL"},
	{"internal/server", []string{"database/sql", "modernc.org"}, nil, "transport sees no SQL"},
	{"internal/api", []string{module + "internal/control", module + "internal/store"}, nil, "the wire knows no rules"},
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue // tests may put rooms together
		}
		for _, rule := range rooms {
			if f.room != rule.room && !strings.HasPrefix(f.room, rule.room+"/") {
				continue
			}
			for _, spec := range f.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if begins(path, rule.forbid) && !begins(path, rule.but) {
					t.Errorf("%s imports %s: %s", f.path, path, rule.why)
				}
			}
		}
	}
}

func begins(path string, with []string) bool {
	for _, w := range with {
		if path == w || strings.HasPrefix(path, strings.TrimSuffix(w, "/")+"/") {
			return true
		}
	}
	return false
}

// banned are calls that do not belong into the program. A file that must is
// named with the reason.
var banned = []struct {
	call  string
	where []string // rooms in which it is banned; nil is everywhere
	but   map[string]string
	why   string
}{
	{"time.Now", []string{"internal/control", "internal/audit"}, map[string]string{
		"internal/audit/trail.go": "the default of its clock",
	}, "time comes from the transaction or the server's clock"},
	{"fmt.Println", []string{"internal", "finspace", "kdb", "q"}, nil, "a library prints nothing"},
	{"log.Printf", nil, nil, "log with slog"},
	{"log.Fatal", []string{"internal", "finspace", "kdb", "q", "cmd"}, nil, "return the error"},
	{"os.Exit", []string{"internal", "finspace", "kdb", "q"}, map[string]string{
		"q/host.go":            "q's exit ends the program",
		"q/console/console.go": "q's exit ends the program",
	}, "return the error"},
}

func TestBannedCalls(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok || pkg.Obj != nil { // a variable of that name
				return true
			}
			for _, b := range banned {
				if pkg.Name+"."+sel.Sel.Name == b.call &&
					(b.where == nil || begins(f.room, b.where)) && b.but[f.path] == "" {
					t.Errorf("%s uses %s: %s", f.path, b.call, b.why)
				}
			}
			return true
		})
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	said := make(map[string]bool)
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		said[f.room] = said[f.room] || f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
	}
	for room, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", room)
		}
	}
}

// TestExportedNamesSayWhatTheyPromise wants a comment on every exported
// function, method and type. Constants and variables may share one.
func TestExportedNamesSayWhatTheyPromise(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || f.Name.Name == "main" {
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !isStandardMethod(d) {
					t.Errorf("%s: %s has no comment", f.path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && ts.Doc == nil && d.Doc == nil {
						t.Errorf("%s: type %s has no comment", f.path, ts.Name.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// isStandardMethod reports methods whose promise is the interface's.
func isStandardMethod(d *ast.FuncDecl) bool {
	switch d.Name.Name {
	case "Error", "Unwrap", "String", "Len", "Less", "Swap", "Read", "Write", "Close", "MarshalJSON", "UnmarshalJSON", "MarshalText", "Is", "As",
		"Type", "RemoteAddr", "LocalAddr":
		return d.Recv != nil
	}
	return false
}

// longestFile is where a file has more than one idea.
const longestFile = 600

func TestFilesAreShort(t *testing.T) {
	for _, f := range sources(t) {
		if n := bytes.Count(f.text, []byte("\n")); n > longestFile && !f.test {
			t.Errorf("%s has %d lines: split it by idea", f.path, n)
		}
	}
}

// TestNothingLeaks looks for what must not be in the tree: paths of the
// machines that it was made on.
func TestNothingLeaks(t *testing.T) {
	for _, f := range sources(t) {
		for _, word := range []string{"/work" + "/wt", "/work" + "/main", "/root" + "/go"} {
			if bytes.Contains(f.text, []byte(word)) {
				t.Errorf("%s mentions %s", f.path, word)
			}
		}
	}
}

// TestGoVersionsAgree keeps the generator's module on the main module's Go.
func TestGoVersionsAgree(t *testing.T) {
	version := func(file string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, "go "); ok {
				return strings.TrimSpace(v)
			}
		}
		t.Fatalf("%s names no Go version", file)
		return ""
	}
	if a, b := version("go.mod"), version("internal/apigen/go.mod"); a != b {
		t.Errorf("go.mod says %s, internal/apigen/go.mod %s", a, b)
	}
}
