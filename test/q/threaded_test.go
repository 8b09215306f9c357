package q_test

import (
	"path/filepath"
	"testing"
)

// TestThreadedClientsRunBeside: a client whose request waits for a file does not
// keep another one waiting, nor does it keep the console out for good.
func TestThreadedClientsRunBeside(t *testing.T) {
	dir := t.TempDir()
	s := startQ(t, dir, nil, "-q")
	s.do(`system"p -0W"`)
	port := s.do(`-1 string abs system"p";`)
	s.do("t:([]a:til 10);total::sum t`a;total")
	one, other := client(t, "::"+port), client(t, "::"+port)
	answer := make(chan string)
	go func() { answer <- one.do("h\"while[()~key`:go;];sum t`a\"") }()
	other.all(
		try{`h"sum t` + "`a" + `"`, "45"},
		try{`h"total"`, "45"},
		try{`h"value\"{x+1}\"\"2\""`, "'type"},
		try{`h"f:{x*x};f 3"`, "'noupdate"},
		try{`h"b:1"`, "'noupdate"},
		try{"h\"`t insert 9\"", "'noupdate"},
		try{`h"neg[.z.w]1"`, "'nosocket"},
		try{"h\"hopen`::" + port + "\"", "'nosocket"},
		try{"h\"`::" + port + " \\\"count t\\\"\"", "10"},
		try{`h"(1?100)~1?100"`, "0b"},
	)
	writeFile(t, filepath.Join(dir, "go"), "")
	if got := <-answer; got != "45" {
		t.Errorf("the request that waited: %s", got)
	}
	s.all(try{"t:([]a:1 2)", ""}, try{"system\"P 3\"", ""})
	other.all(try{`h"total"`, "'threadview"}, try{`h"count t"`, "2"}, try{`h"string 1%3"`, `"0.333"`})
	s.all(try{"total", "3"})
	other.all(try{`h"total"`, "3"})
}
