package node_test

import (
	"strings"
	"testing"
)

// TestHooksAreSealed: what lets the gateway in and the agent hear is not q
// code's to change, by any of the ways that q has to assign; the hooks that the
// service had work.
func TestHooksAreSealed(t *testing.T) {
	b := newBench(t)
	b.Start(b.spec(t, "n1", ".awscust.z.pg:{n::n+1;value x};n:0\ninit:@[{.z.ts:{};`set};::;{`$x}]\n"))
	b.await(t, "n1", ready)
	c := b.login(t, to, "mallory")
	for _, code := range []string{
		".z.ts:{x}", ".z.pw:{[u;p]1b}", ".z.pg:{x}", ".z.pg::{x}", ".z.zd:17 2 6", ".z.mine:1", ".z:()!()", "{.z.pg::x}{x}",
		"`.z.pg set {x}", "set[`.z.pw;{[u;p]1b}]", "@[`.z;`pg;:;{x}]", ".[`.z;enlist`pg;:;{x}]", ".[`.z.pg;();:;{x}]", "@[`.z.pg;::;:;{x}]",
		"(.z.pg;a):({x};1)", ".z.pg,:1", ".z.pg[0]:1", "delete pg from `.z", "![`.z;();0b;enlist`pw]", "![`.;();0b;enlist`.z]", "![`.z;();0b;(enlist`pg)!enlist 1]",
		"system\"x .z.pg\"", "eval(set;enlist`.z.pg;1)", "0 \".z.pg:{x}\"",
		".quoin.h:0i", ".quoin.digest:md5\"x\"", "delete from `.quoin", "![`.quoin;();0b;enlist`h]", ".quoin.orphan:{}", "system\"p 0\"", "system\"p 0W\"",
	} {
		if got := ask(t, c, "@[{value x;`done};"+quote(code)+";{`$x}]"); got != "`access" && got != "`assign" && got != "`type" {
			t.Errorf("%s gave %s", code, got)
		}
		ask(t, c, "system\"d .\"")
	}
	for code, want := range map[string]string{
		"init":            "`access",
		"n>20":            "1b",
		"system\"p 443\"": "::",
		"(key `.z) except `pw`ts`pg`ps`po`pc`exit`ws`wo`wc`ph`pi": ",`",
		"`.awscust.z.ts set {};.aws.mine:1;.aws.mine":             "1",
	} {
		if got := ask(t, c, code); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
	// Nothing of it stuck: the gateway's login and the agent still work.
	d := b.login(t, to, "alice")
	if got := ask(t, d, "first .aws.get_kx_cluster\"hdb\""); !strings.Contains(got, "get_kx_cluster") {
		t.Errorf("the agent answers %s", got)
	}
}
