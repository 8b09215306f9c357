package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

func TestIAMExplain(t *testing.T) {
	s := live.Start(t)
	dir := s.DataDir().Path()
	account := s.DataDir().AccountID()
	s.UserKey("alice", `{"Version":"2012-10-17","Statement":[
	  {"Sid":"Read","Effect":"Allow","Action":"finspace:Get*","Resource":"*"},
	  {"Sid":"Home","Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`)
	role := s.Role("reader")
	alice, root := "arn:aws:iam::"+account+":user/alice", "arn:aws:iam::"+account+":root"
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		wants []string
	}{
		{"allowed", []string{"--principal", alice, "--action", "finspace:GetKxUser", "--context", "aws:SourceIp=10.1.1.1"}, 0,
			[]string{"allowed by identity-based policy", "statement 0 (Read)", `{"Sid":"Read","Effect":"Allow","Action":"finspace:Get*","Resource":"*"}`}},
		{"denied by a statement", []string{"--principal", alice, "--action", "finspace:GetKxUser", "--context", "aws:SourceIp=11.1.1.1"}, 1,
			[]string{"denied by identity-based policy", "statement 1 (Home)", `"NotIpAddress"`}},
		{"denied by none", []string{"--principal", alice, "--action", "finspace:UpdateKxUser", "--resource", "arn:x", "--context", "aws:SourceIp=10.1.1.1"}, 1,
			[]string{"denied: no identity-based policy allows it"}},
		{"root", []string{"--principal", root, "--action", "finspace:UpdateKxUser"}, 0, []string{"allowed: the account's root"}},
		{"trust", []string{"--principal", root, "--action", "sts:AssumeRole", "--resource", role}, 0, []string{"allowed by resource-based policy trust policy, statement 0"}},
		{"session of a role", []string{"--principal", strings.Replace(role, ":iam:", ":sts:", 1), "--action", "a:b"}, 2, []string{"no principal"}},
		{"nobody", []string{"--principal", alice + "x", "--action", "a:b"}, 2, []string{"there is no principal " + alice + "x"}},
		{"no action", []string{"--principal", alice}, 2, []string{"--action"}},
		{"bad key", []string{"--principal", alice, "--action", "a:b", "--context", "x"}, 2, []string{"--context"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := execute(t, append([]string{"iam", "explain", "--data-dir", dir}, c.args...)...)
			if code != c.code {
				t.Errorf("code %d", code)
			}
			for _, w := range c.wants {
				if !strings.Contains(out+errs, w) {
					t.Errorf("%q lacks %q", fmt.Sprint(out, errs), w)
				}
			}
		})
	}
}
