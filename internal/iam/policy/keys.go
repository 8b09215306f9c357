package policy

import "strings"

// validKey reports whether name is written as a condition key is: a service
// prefix, a colon and a name, which for tag keys goes on after a slash.
func validKey(name string) bool {
	prefix, rest, ok := strings.Cut(name, ":")
	if !ok || prefix == "" || rest == "" || len(name) > 512 {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		// The prefix of a web identity's key is its issuer, which may have a path.
		c := prefix[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '/' || c == '_') {
			return false
		}
	}
	return !strings.ContainsAny(rest, " \t\n\"'{}$*?")
}

// Known reports whether a condition key is one that requests can have, so that
// its absence means something. Names are in lower case. Source: IAM user guide,
// "AWS global condition context keys".
func Known(name string) bool {
	if _, ok := knownKeys[name]; ok {
		return true
	}
	for _, p := range [...]string{"aws:requesttag/", "aws:resourcetag/", "aws:principaltag/", "iam:resourcetag/"} {
		if strings.HasPrefix(name, p) && len(name) > len(p) {
			return true
		}
	}
	return false
}

// knownKeys is a constant table.
var knownKeys = map[string]struct{}{
	// The principal.
	"aws:principalarn": {}, "aws:principalaccount": {}, "aws:principaltype": {}, "aws:userid": {}, "aws:username": {},
	"aws:principalorgid": {}, "aws:principalorgpaths": {}, "aws:principalisawsservice": {},
	"aws:principalservicename": {}, "aws:principalservicenameslist": {},
	"aws:federatedprovider": {}, "aws:tokenissuetime": {}, "aws:sourceidentity": {},
	"aws:multifactorauthpresent": {}, "aws:multifactorauthage": {}, "aws:chatbotsourcearn": {},
	"aws:assumedroot": {}, "aws:signinsessionarn": {},
	// The way it came.
	"aws:sourceip": {}, "aws:vpcsourceip": {}, "aws:sourcevpc": {}, "aws:sourcevpce": {}, "aws:sourcevpcarn": {}, "aws:vpceaccount": {}, "aws:vpceorgid": {},
	"aws:vpceorgpaths": {}, "aws:securetransport": {}, "aws:useragent": {}, "aws:referer": {},
	// The request.
	"aws:currenttime": {}, "aws:epochtime": {}, "aws:requestedregion": {}, "aws:tagkeys": {},
	"aws:calledvia": {}, "aws:calledviafirst": {}, "aws:calledvialast": {}, "aws:viaawsservice": {}, "aws:viaawsmcpservice": {},
	"aws:sourcearn": {}, "aws:sourceaccount": {}, "aws:sourceorgid": {}, "aws:sourceorgpaths": {},
	// The resource.
	"aws:resourceaccount": {}, "aws:resourceorgid": {}, "aws:resourceorgpaths": {},
	// STS and IAM.
	"sts:externalid": {}, "sts:rolesessionname": {}, "sts:sourceidentity": {}, "sts:transitivetagkeys": {},
	"sts:awsservicename": {}, "sts:durationseconds": {},
	"iam:permissionsboundary": {}, "iam:policyarn": {}, "iam:passedtoservice": {}, "iam:awsservicename": {}, "iam:associatedresourcearn": {},
	// S3, as far as the built-in endpoint supplies them.
	"s3:prefix": {}, "s3:delimiter": {}, "s3:max-keys": {}, "s3:versionid": {}, "s3:x-amz-acl": {},
	"s3:x-amz-server-side-encryption": {}, "s3:x-amz-storage-class": {}, "s3:x-amz-copy-source": {},
	"s3:x-amz-metadata-directive": {}, "s3:x-amz-content-sha256": {}, "s3:authtype": {}, "s3:signatureversion": {},
	"s3:signatureage": {}, "s3:resourceaccount": {}, "s3:tlsversion": {},
}
