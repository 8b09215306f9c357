package iam_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/iam/iamtest"
)

// A principal that is made anew under its old name is another one: what trusted
// the first does not trust it until the trust policy is written again. Source:
// IAM user guide, "AWS JSON policy elements: Principal".
func TestTrustIsByUniqueID(t *testing.T) {
	const userARN = "arn:aws:iam::123456789012:user/"
	// Spaces, order and escapes of what was put come back.
	trust := func(principal string) string {
		return "{ \"Statement\": [{\"Principal\": {\"AWS\": [\"arn:aws:iam::123456789012:root\", \"" + principal + "\"]},\n" +
			`  "Effect":"Allow","Action":"sts:AssumeRole"}],"Version":"2012-10-17"}`
	}
	shown := func(t *testing.T, c *client, role string) string {
		t.Helper()
		doc, err := url.PathUnescape(element(c.ok("iam", "GetRole", "RoleName", role), "AssumeRolePolicyDocument"))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	refused := func(t *testing.T, c *client) {
		t.Helper()
		c.fails("AccessDenied", "sts", "AssumeRole", "RoleArn", roleARN+"r", "RoleSessionName", "test")
	}
	start := func(t *testing.T, principal string) (root, alice *client) {
		root = newClient(t, iamtest.New(t))
		alice = root.makeUser("alice")
		root.makeRole("other")
		body := root.ok("iam", "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument", trust(principal))
		if doc, err := url.PathUnescape(element(body, "AssumeRolePolicyDocument")); err != nil || doc != trust(principal) {
			t.Fatalf("created with %s", doc)
		}
		return root, alice
	}
	again := func(t *testing.T, root *client) (alice *client) {
		t.Helper()
		key := element(root.ok("iam", "ListAccessKeys", "UserName", "alice"), "AccessKeyId")
		root.ok("iam", "DeleteAccessKey", "UserName", "alice", "AccessKeyId", key)
		root.ok("iam", "DeleteUser", "UserName", "alice")
		return root.makeUser("alice")
	}

	t.Run("user", func(t *testing.T) {
		root, alice := start(t, userARN+"alice")
		alice.assume("r")
		id := element(root.ok("iam", "GetUser", "UserName", "alice"), "UserId")
		alice = again(t, root)
		refused(t, alice)
		if doc := shown(t, root, "r"); doc != trust(id) {
			t.Errorf("shown as %s", doc)
		}
		// Neither can an id of the past be trusted anew.
		msg := root.fails("MalformedPolicyDocument", "iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust(id))
		if !strings.Contains(msg, `Invalid principal in policy: "AWS":"`+id+`"`) {
			t.Error(msg)
		}
		root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust(userARN+"alice"))
		alice.assume("r")
	})
	t.Run("role", func(t *testing.T) {
		root, _ := start(t, roleARN+"other")
		root.assume("other").assume("r")
		root.ok("iam", "DeleteRole", "RoleName", "other")
		root.makeRole("other")
		refused(t, root.assume("other"))
		root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust(roleARN+"other"))
		root.assume("other").assume("r")
	})
	t.Run("deny of one who is gone", func(t *testing.T) {
		root, alice := start(t, userARN+"alice")
		root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument", allowAll)
		deny := strings.Replace(trustAccount, `[{`, `[{"Effect":"Deny","Principal":{"AWS":"`+userARN+`alice"},"Action":"sts:AssumeRole"},{`, 1)
		root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", deny)
		refused(t, alice)
		root.ok("iam", "DeleteUserPolicy", "UserName", "alice", "PolicyName", "p")
		alice = again(t, root)
		root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument", allowAll)
		alice.assume("r")
	})
	t.Run("renamed", func(t *testing.T) {
		root, alice := start(t, userARN+"alice")
		root.ok("iam", "UpdateUser", "UserName", "alice", "NewUserName", "eve", "NewPath", "/desk/")
		alice.assume("r")
		if doc := shown(t, root, "r"); doc != trust(userARN+"desk/eve") {
			t.Errorf("shown as %s", doc)
		}
		refused(t, root.makeUser("alice"))
	})
	t.Run("named by its id", func(t *testing.T) {
		root, alice := start(t, userARN+"alice")
		id := element(root.ok("iam", "GetUser", "UserName", "alice"), "UserId")
		root.ok("iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust(id))
		alice.assume("r")
		if doc := shown(t, root, "r"); doc != trust(userARN+"alice") {
			t.Errorf("shown as %s", doc)
		}
		root.fails("MalformedPolicyDocument", "iam", "UpdateAssumeRolePolicy", "RoleName", "r", "PolicyDocument", trust("AIDAAAAAAAAAAAAAAAAAA"))
	})
	t.Run("list and instance profile show it too", func(t *testing.T) {
		root, _ := start(t, userARN+"alice")
		root.ok("iam", "CreateInstanceProfile", "InstanceProfileName", "p")
		root.ok("iam", "AddRoleToInstanceProfile", "InstanceProfileName", "p", "RoleName", "r")
		for _, body := range []string{root.ok("iam", "ListRoles"), root.ok("iam", "GetInstanceProfile", "InstanceProfileName", "p")} {
			if !strings.Contains(body, url.QueryEscape(userARN+"alice")) || strings.Contains(body, "AIDA") {
				t.Error(body)
			}
		}
	})
}
