package ipc_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// installNode installs node-q beside its scripts and returns the folder. The
// test is skipped, in so many words, where npm or the registry is out of reach;
// QUOIN_REQUIRE_CLIENTS=1 makes that a failure.
func installNode(t testing.TB) (dir string) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("QUOIN_REQUIRE_CLIENTS") == "1" {
		missing = t.Fatalf
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/node")); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			missing("node-q is not tested against: %v", err)
		}
	}
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		missing("node-q is not tested against: npm install: %v: %s", err, out)
	}
	return dir
}

// nodeClient returns a function that has node-q do a job.
func nodeClient(t *testing.T) func(params map[string]any, steps []step) map[string]json.RawMessage {
	t.Helper()
	dir := installNode(t)
	return func(params map[string]any, steps []step) map[string]json.RawMessage {
		t.Helper()
		job, err := json.Marshal(map[string]any{"params": params, "steps": steps})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "job.json")
		if err := os.WriteFile(path, job, 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.CommandContext(t.Context(), "node", "--no-deprecation", "client.js", path)
		run.Dir = dir
		run.Stderr = os.Stderr
		out, err := run.Output()
		if err != nil {
			t.Fatalf("node: %v: %s", err, out)
		}
		var answers map[string]json.RawMessage
		if err := json.Unmarshal(out, &answers); err != nil {
			t.Fatalf("node: %v: %s", err, out)
		}
		return answers
	}
}

// step is one thing for the client to do: query sends a string and takes the
// answer; send sends the value of a JavaScript expression and takes its text in
// q; async takes what the server pushes.
type step struct {
	Name  string `json:"name"`
	Query string `json:"query,omitempty"`
	Send  string `json:"send,omitempty"`
	Async bool   `json:"async,omitempty"`
}

// fromServer are values to ask for by name, and the JSON of what node-q makes
// of them with nanoseconds as numbers.
var fromServer = map[string]struct {
	v    kdb.Value
	json string
}{
	"boolean":     {kdb.Bool(true), `true`},
	"booleans":    {kdb.Of[kdb.Bool](true, false), `[true,false]`},
	"guid":        {kdb.GUID{0x8c, 15: 1}, `"8c000000-0000-0000-0000-000000000001"`},
	"guids":       {kdb.NewVec([]kdb.GUID{{}, {15: 1}}), `[null,"00000000-0000-0000-0000-000000000001"]`},
	"byte":        {kdb.Byte(7), `7`},
	"bytes":       {kdb.Of[kdb.Byte](7, 255), `[7,255]`},
	"short":       {kdb.Short(-7), `-7`},
	"shorts":      {kdb.Of(7, kdb.NullShort), `[7,null]`},
	"int":         {kdb.Int(-7), `-7`},
	"ints":        {kdb.Of(7, kdb.NullInt), `[7,null]`},
	"long":        {kdb.Long(1) << 40, `1099511627776`},
	"longs":       {kdb.Of(-7, kdb.NullLong), `[-7,null]`},
	"real":        {kdb.Real(1.5), `1.5`},
	"reals":       {kdb.Of(1.5, kdb.NullReal()), `[1.5,null]`},
	"float":       {kdb.Float(-1.5), `-1.5`},
	"floats":      {kdb.Of(1.5, kdb.NullFloat()), `[1.5,null]`},
	"char":        {kdb.Char('x'), `"x"`},
	"string":      {kdb.Str("text"), `"text"`},
	"symbol":      {kdb.Sym("ibm"), `"ibm"`},
	"symbols":     {kdb.Syms("ibm", "", "msft"), `["ibm",null,"msft"]`},
	"timestamp":   {kdb.Timestamp(0), `946684800000000000`},
	"timestamps":  {kdb.Of(kdb.Timestamp(0), kdb.Timestamp(kdb.NullLong)), `[946684800000000000,null]`},
	"month":       {kdb.MonthOf(2024, 1), `"2024-01-01T00:00:00.000Z"`},
	"months":      {kdb.Of(kdb.MonthOf(2024, 1)), `["2024-01-01T00:00:00.000Z"]`},
	"date":        {kdb.DateOf(2024, 2, 29), `"2024-02-29T00:00:00.000Z"`},
	"dates":       {kdb.Of(kdb.DateOf(2024, 2, 29), kdb.Date(kdb.NullInt)), `["2024-02-29T00:00:00.000Z",null]`},
	"datetime":    {kdb.Datetime(0.5), `"2000-01-01T12:00:00.000Z"`},
	"datetimes":   {kdb.Of(kdb.Datetime(0.5)), `["2000-01-01T12:00:00.000Z"]`},
	"timespan":    {kdb.Timespan(1500), `1500`},
	"timespans":   {kdb.Of(kdb.Timespan(1500), kdb.Timespan(kdb.NullLong)), `[1500,null]`},
	"minute":      {kdb.Minute(61), `"2000-01-01T01:01:00.000Z"`},
	"minutes":     {kdb.Of(kdb.Minute(61)), `["2000-01-01T01:01:00.000Z"]`},
	"second":      {kdb.Second(61), `"2000-01-01T00:01:01.000Z"`},
	"seconds":     {kdb.Of(kdb.Second(61)), `["2000-01-01T00:01:01.000Z"]`},
	"time":        {kdb.Time(61), `"2000-01-01T00:00:00.061Z"`},
	"times":       {kdb.Of(kdb.Time(61)), `["2000-01-01T00:00:00.061Z"]`},
	"list":        {kdb.NewList(kdb.Long(1), kdb.Str("a"), kdb.Syms("b")), `[1,"a",["b"]]`},
	"dictionary":  {kdb.NewDict(kdb.Syms("a", "b"), kdb.Of[kdb.Long](1, 2)), `{"a":1,"b":2}`},
	"table":       {table(kdb.NoAttr, "a", kdb.Of[kdb.Long](1, 2), "b", kdb.Syms("x", "y")), `[{"a":1,"b":"x"},{"a":2,"b":"y"}]`},
	"keyed table": {kdb.NewDict(table(kdb.NoAttr, "k", kdb.Syms("x")), table(kdb.NoAttr, "v", kdb.Of[kdb.Long](1))), `[[{"k":"x"}],[{"v":1}]]`},
	"enumeration": {&kdb.Enum{Domain: kdb.Sym("s"), Dom: kdb.Syms("a", "b"), V: []kdb.Long{1, 0}}, `["b","a"]`},
	"lambda":      {&kdb.Lambda{Source: "{x+y}"}, `"{x+y}"`},
	"null":        {kdb.Nil, `null`},
	"primitive":   {kdb.Binary(1), `"func"`},
	"projection":  {&kdb.Projection{F: kdb.Binary(1), Args: []kdb.Value{kdb.Long(1)}}, `"func"`},
	"derived":     {&kdb.Derived{Iter: 1, F: kdb.Binary(1)}, `"func"`},
}

// fromClient are JavaScript expressions and the text of the value that arrives.
var fromClient = map[string]string{
	`nodeq.boolean(true)`:                                             "1b",
	`nodeq.booleans([true,false])`:                                    "10b",
	`nodeq.guid("8c6b8b64-6815-6084-0a3e-178401251b68")`:              "8c6b8b64-6815-6084-0a3e-178401251b68",
	`nodeq.byte(7)`:                                                   "0x07",
	`nodeq.bytes([7,8])`:                                              "0x0708",
	`nodeq.short(-7)`:                                                 "-7h",
	`nodeq.shorts([1,2])`:                                             "1 2h",
	`nodeq.int(-7)`:                                                   "-7i",
	`nodeq.ints([1,2])`:                                               "1 2i",
	`nodeq.long(Long.fromString("1099511627776"))`:                    "1099511627776",
	`nodeq.longs([Long.fromInt(1),Long.fromInt(-2)])`:                 "1 -2",
	`nodeq.real(1.5)`:                                                 "1.5e",
	`nodeq.reals([1.5,2])`:                                            "1.5 2e",
	`nodeq.float(-1.5)`:                                               "-1.5",
	`nodeq.floats([1,2])`:                                             "1 2f",
	`nodeq.char("x")`:                                                 `"x"`,
	`"text"`:                                                          `"text"`,
	`nodeq.symbol("ibm")`:                                             "`ibm",
	`nodeq.symbols(["ibm","msft"])`:                                   "`ibm`msft",
	`nodeq.timestamp(new Date(Date.UTC(2024,1,29,1,2,3)))`:            "2024.02.29D01:02:03.000000000",
	`nodeq.month(new Date(Date.UTC(2024,1,29)))`:                      "2024.02m",
	`nodeq.date(new Date(Date.UTC(2024,1,29)))`:                       "2024.02.29",
	`nodeq.datetime(new Date(Date.UTC(2024,1,29,12)))`:                "2024.02.29T12:00:00.000",
	`nodeq.timespan(new Date(Date.UTC(2000,0,1,1,2,3)))`:              "0D01:02:03.000000000",
	`nodeq.minute(new Date(Date.UTC(2000,0,1,1,2,3)))`:                "01:02",
	`nodeq.second(new Date(Date.UTC(2000,0,1,1,2,3)))`:                "01:02:03",
	`nodeq.time(new Date(Date.UTC(2000,0,1,1,2,3,4)))`:                "01:02:03.004",
	`nodeq.timestamps([new Date(Date.UTC(2024,1,29))])`:               ",2024.02.29D00:00:00.000000000",
	`nodeq.dates([new Date(Date.UTC(2024,1,29))])`:                    ",2024.02.29",
	`[1,"a",null]`:                                                    `(1f;,"a";::)`,
	`({a:1,b:"x"})`:                                                   "`a`b!(1f;,\"x\")",
	`({a:nodeq.long(Long.fromInt(1)),b:nodeq.long(Long.fromInt(2))})`: "`a`b!1 2",
}

// nodeServer answers node-q: a name with its value, "text" and a value with
// the value's text, "push" with an update of its own accord.
func nodeServer(ctx context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	name, ok := kdb.Text(m.Value)
	if l, isList := m.Value.(*kdb.List); isList && len(l.V) == 2 {
		return kdb.Str(kdb.Inline(l.V[1])), nil
	}
	switch {
	case !ok:
		return nil, kdb.Error("type")
	case name == "push":
		return nil, c.Async(ctx, ipc.Call("upd", kdb.Sym("trade"), kdb.Of[kdb.Long](1, 2)))
	case name == "large":
		return kdb.NewVec(make([]kdb.Long, 10000)), nil
	}
	if f, ok := fromServer[name]; ok {
		return f.v, nil
	}
	return nil, kdb.Error("nosuch")
}

func nodePort(t *testing.T, s *ipc.Server) int {
	t.Helper()
	s.Handler = ipc.Answer(nodeServer)
	_, port, err := net.SplitHostPort(start(t, s, "tcp", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNodeClient(t *testing.T) {
	run := nodeClient(t)
	same := func(name string, got json.RawMessage, want string) {
		t.Helper()
		var a, b any
		if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	local := func(port int, more map[string]any) map[string]any {
		p := map[string]any{"host": "127.0.0.1", "port": port}
		for k, v := range more {
			p[k] = v
		}
		return p
	}

	var steps []step
	for name := range fromServer {
		steps = append(steps, step{Name: name, Query: name})
	}
	for js := range fromClient {
		steps = append(steps, step{Name: js, Send: js})
	}
	steps = append(steps, step{Name: "failure", Query: "nonsense"}, step{Name: "large", Query: "large"}, step{Name: "push", Async: true})
	answers := run(local(nodePort(t, &ipc.Server{Compression: ipc.CompressAlways}), nil), steps)
	same("connect", answers["connect"], `"ok"`)
	for name, f := range fromServer {
		same(name, answers[name], `{"value":`+f.json+`}`)
	}
	for js, text := range fromClient {
		quoted, _ := json.Marshal(text)
		same(js, answers[js], `{"value":`+string(quoted)+`}`)
	}
	same("failure", answers["failure"], `{"error":"nosuch"}`)
	same("push", answers["push"], `{"value":["trade",[1,2]]}`)
	zeros, _ := json.Marshal(map[string]any{"value": make([]int, 10000)})
	same("large, compressed", answers["large"], string(zeros))

	auth := func(_ context.Context, l ipc.Login, _ net.Conn) error {
		if l.User != "user" || l.Password != "right" {
			return errors.New("no")
		}
		return nil
	}
	port := nodePort(t, &ipc.Server{Auth: auth})
	ask := []step{{Name: "long", Query: "long"}}
	answers = run(local(port, map[string]any{"user": "user", "password": "right"}), ask)
	same("login", answers["long"], `{"value":1099511627776}`)
	answers = run(local(port, map[string]any{"user": "user", "password": "wrong"}), ask)
	same("refused login", answers["connect"], `"refused: Connection closes (wrong auth?)"`)

	server, _ := certificate(t)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificates[0].Certificate[0]})
	answers = run(local(nodePort(t, &ipc.Server{TLS: server}), map[string]any{"useTLS": true, "ca": string(ca)}), ask)
	same("TLS", answers["long"], `{"value":1099511627776}`)
}
