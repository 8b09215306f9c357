package clients_test

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/test/live"
)

// TestLogs follows what a cluster prints with the calls of aws logs tail and with
// quoin logs: what was printed before they began, and what is while they run.
func TestLogs(t *testing.T) {
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	s := live.Start(t, withEngine)
	role := s.Role("reader")
	grant(t, s, "reader")
	c := clusterClient{dataClient: dataClient{call: goCaller(t, s, s.Root), env: s.Environment("logs")}, s: s, role: role}
	s.User(c.env, "bob", role)
	c.user = goCaller(t, s, c.session(t))
	putObject(t, s, "/code", "")
	putObject(t, s, "/code/v1.zip", zipped(t, "init.q", "-1\"market open\";\n"))
	c.ok(t, "CreateKxScalingGroup", dataOperations["CreateKxScalingGroup"])
	c.becomes(t, "ACTIVE", "GetKxScalingGroup", members{"scalingGroupName": "group"})
	c.ok(t, "CreateKxCluster", c.with(gpCluster("ask"), members{"code": members{"s3Bucket": "code", "s3Key": "v1.zip"}, "initializationScript": "init.q"}))
	c.becomes(t, "RUNNING", "GetKxCluster", members{"clusterName": "ask"})
	nodes := c.ok(t, "ListKxClusterNodes", members{"clusterName": "ask"})["nodes"].([]any)
	node := nodes[0].(members)["nodeId"].(string)

	group := "/aws/vendedlogs/finspace/" + c.env + "/ask"
	data := s.DataDir().Path()
	for name, command := range map[string][]string{
		"aws logs tail":          {"python3", "testdata/tail.py", group, "", ""},
		"aws logs tail, a node":  {"python3", "testdata/tail.py", group, node, ""},
		"aws logs tail, a term":  {"python3", "testdata/tail.py", group, "", "market"},
		"quoin logs":             {quoin, "logs", "ask", "-f", "--data-dir", data},
		"quoin logs, a node":     {quoin, "logs", "ask", node, "--follow", "--since", "15m", "--data-dir", data},
		"quoin logs, by its env": {quoin, "logs", c.env + "/ask", "-f", "--since", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "--data-dir", data},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			follow := exec.CommandContext(ctx, command[0], command[1:]...)
			follow.Env = environ(s, "")
			out, err := follow.StdoutPipe()
			if err == nil {
				err = follow.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			until := func(want string) {
				t.Helper()
				for lines.Scan() {
					if strings.Contains(lines.Text(), want) {
						return
					}
				}
				t.Errorf("%q was not printed: %v", want, lines.Err())
			}
			until("market open")
			late := "market closed " + strings.ReplaceAll(name, " ", "")
			c.ask(t, "ask", `-1"`+late+`";`)
			until(late)
			cancel()
			_ = follow.Wait() // it was ended
		})
	}
	for name, command := range map[string][]string{
		"no such cluster": {quoin, "logs", "none", "--data-dir", data},
		"no time":         {quoin, "logs", "ask", "--since", "yesterday", "--data-dir", data},
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err == nil || len(out) == 0 {
				t.Errorf("it said %s, %v", out, err)
			}
		})
	}
	late, err := exec.Command(quoin, "logs", "ask", "--since", time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "--data-dir", data).Output()
	if err != nil || len(late) > 0 {
		t.Errorf("since a time to come there is %s, %v", late, err)
	}
}
