package clients_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

// prepare makes what docs/migrating.md and docs/connecting.md take for granted:
// the application of examples/tick with a user bob, and a database to move in.
const prepare = `
eval "$(quoin env)"
python3 "$ROOT/examples/tick/create.py" >/dev/null
ENV=$(aws finspace list-kx-environments --query 'environments[0].environmentId' --output text)
ROLE=$(aws iam get-role --role-name tick --query Role.Arn --output text)
aws finspace create-kx-user --environment-id $ENV --user-name bob --iam-role $ROLE >/dev/null
aws finspace create-kx-database --environment-id $ENV --database-name prices --client-token prices >/dev/null
aws s3 mb s3://data >/dev/null
mkdir hdb
echo 'trade:([]sym:` + "`a`b" + `;price:1 2f);.Q.dpft[` + "`:hdb;2020.01.01;`sym;`trade" + `]' | quoin q >/dev/null
`

// TestMovingIn runs the commands of docs/migrating.md and docs/connecting.md, in
// their order, and the Python of the latter.
func TestMovingIn(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	s := live.Start(t, withEngine)
	env := append(readersEnviron(s), "ROOT="+root, "PATH="+filepath.Dir(quoin)+":"+os.Getenv("PATH"))
	moving := strings.Replace(blocks(page("migrating.md")), "go run ./cmd/quoin serve\n", "", 1)
	connecting := page("connecting.md")
	python := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(connecting)
	if python == nil {
		t.Fatal("docs/connecting.md has no Python")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.py"), []byte("import os\nenv = os.environ['ENV']\n"+python[1]+"print(string)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, dir, env, "bash", "-euc", prepare+moving+blocks(connecting)+"\nENV=$ENV python3 page.py\n")
	for _, want := range []string{`"changesetId"`, "sym| price", ":tcps://", "finspace%3AConnectKxCluster"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in what the commands printed: %s", want, out)
		}
	}
}
