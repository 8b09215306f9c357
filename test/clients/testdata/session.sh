#!/bin/sh
# A session with the AWS CLI: prints what came back, one JSON object.
set -eu
export AWS_PAGER= AWS_CLI_AUTO_PROMPT=off AWS_DEFAULT_OUTPUT=json
kx() { aws finspace "$@"; }
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[k]
print(v if isinstance(v, str) else json.dumps(v))' "$1"; }
until_status() {
	for _ in $(seq 100); do
		[ "$(kx get-kx-environment --environment-id "$env" --query status --output text)" = "$1" ] && return
	done
	exit 1
}
failure() { # NAME COMMAND…: the exception's name and that the exit code says so
	if out=$(kx "$@" 2>&1); then echo null; return; fi
	printf '"%s"' "$(echo "$out" | sed -n 's/.*An error occurred (\([A-Za-z]*\)).*/\1/p')"
}
account=$(aws sts get-caller-identity --query Account --output text)
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::'$account':root"},"Action":"sts:AssumeRole"}]}'

created=$(kx create-kx-environment --name cli --kms-key-id arn:aws:kms:us-east-1:123456789012:key/1 --tags made=cli)
env=$(echo "$created" | field environmentId)
until_status CREATED
a=$(aws iam create-role --role-name cli-a --assume-role-policy-document "$trust" --query Role.Arn --output text)
b=$(aws iam create-role --role-name cli-b --assume-role-policy-document "$trust" --query Role.Arn --output text)
user=$(kx create-kx-user --environment-id "$env" --user-name bob --iam-role "$a" --tags team=fx)
arn=$(echo "$user" | field userArn)
updated=$(kx update-kx-user --environment-id "$env" --user-name bob --iam-role "$b" --client-token once | field iamRole)
kx create-kx-user --environment-id "$env" --user-name carol --iam-role "$a" >/dev/null
names=$(kx list-kx-users --environment-id "$env" --query 'users[].userName')
kx tag-resource --resource-arn "$arn" --tags desk=1 >/dev/null
tags=$(kx list-tags-for-resource --resource-arn "$arn" --query tags)
kx untag-resource --resource-arn "$arn" --tag-keys team desk >/dev/null
left=$(kx list-tags-for-resource --resource-arn "$arn" --query tags)
: "${left:={\}}" # it prints nothing for an empty map
missing=$(failure get-kx-user --environment-id "$env" --user-name nobody)
conflict=$(failure update-kx-user --environment-id "$env" --user-name bob --iam-role "$a" --client-token once)
kx delete-kx-user --environment-id "$env" --user-name bob >/dev/null
kx delete-kx-environment --environment-id "$env" >/dev/null
until_status DELETED
aws iam delete-role --role-name cli-a
aws iam delete-role --role-name cli-b
cat <<END
{"status": "$(echo "$created" | field status)", "updated": $([ "$updated" = "$b" ] && echo true || echo false),
 "names": $names, "tags": $tags, "tagsLeft": $left, "errors": {"missing": $missing, "conflict": $conflict}}
END
