package iam

import "strings"

const builtinPrefix = "arn:aws:iam::aws:policy/"

// builtins is a constant table: the AWS managed policies that people attach to
// roles and that mean something here.
var builtins = map[string]string{
	"AdministratorAccess":    allowAll(`"*"`),
	"IAMFullAccess":          allowAll(`"iam:*"`),
	"IAMReadOnlyAccess":      allowAll(`["iam:Get*","iam:List*","iam:Simulate*"]`),
	"AmazonS3FullAccess":     allowAll(`"s3:*"`),
	"AmazonS3ReadOnlyAccess": allowAll(`["s3:Get*","s3:List*","s3:Describe*"]`),
}

func allowAll(actions string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + actions + `,"Resource":"*"}]}`
}

// builtin returns the document of an AWS managed policy.
func builtin(arn string) (doc string, ok bool) {
	name, ok := strings.CutPrefix(arn, builtinPrefix)
	if !ok {
		return "", false
	}
	doc, ok = builtins[name]
	return doc, ok
}
