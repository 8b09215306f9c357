package q_test

import (
	"strings"
	"testing"
)

// TestMemoryIsRefused asks a process with little memory for results of many
// times as much, in each way that makes much of little: an error, at once, and
// never the end of the process.
func TestMemoryIsRefused(t *testing.T) {
	p := startQ(t, t.TempDir(), nil, "-q", "-w", "150")
	p.do("l:100000#enlist til 1000;s:100000#\"a\";f:100000#1f")
	for _, src := range strings.Split(`til 100000000000
100000000000#0
1000000000#"a"
(1000000 1000000)#0
1000000000?10
where 3#100000000
(til 100000)cross til 100000
raze l
raze 2000#enlist s
{x,x}/[30;til 100]
{x,x}/[30;"abc"]
10000000000$"abc"
.Q.fmt[10000000000;2;1.5]
ssr[s;"a";s]
s sv 100000#enlist"a"
(100000 1#f)mmu 1 100000#f
ej[`+"`a"+`;([]a:100000#1;b:til 100000);([]a:100000#1;c:til 100000)]
ungroup([]a:100000#1;b:l)
string l
sums l
1+100000#enlist til 10000
flip l
(1000#2)vs til 100000
-8!l
-3!l
.j.j l
read1(`+"`:/dev/zero"+`;0;10000000000)
select 100000000000#a from([]a:1 2)`, "\n") {
		if got := p.do("{count x;`made}[" + src + "]"); !strings.HasPrefix(got, "'wsfull") {
			t.Errorf("%s: %s", src, got)
		}
	}
	p.all(try{"sum til 10", "45"})
}

// TestMemoryLimitOfEnvironment: GOMEMLIMIT binds as -w does, whatever number it
// is; the limit that the collector is advised of does not.
func TestMemoryLimitOfEnvironment(t *testing.T) {
	for limit, want := range map[string]string{"150000001": "'wsfull", "": "30000000"} {
		p := startQ(t, t.TempDir(), []string{"GOMEMLIMIT=" + limit}, "-q")
		p.do("a:til 1000000;do[50;b:a+1]") // collections, each of which advises
		if got := p.do("count 30000000#0"); !strings.HasPrefix(got, want) {
			t.Errorf("with a limit of %q: %s", limit, got)
		}
	}
}
