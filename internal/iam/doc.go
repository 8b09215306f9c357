// Package iam knows who may do what: users, roles and their policies, access
// keys and sessions, and the IAM and STS operations that manage them.
//
// [Service.Authenticate] turns an access key into an [Identity] and the secret
// its signature is checked with; [Service.Authorize] decides whether that
// identity may do something. Both answer from memory. The store's watch keeps
// memory right, so that what was deleted or deactivated counts from the moment
// the change is acknowledged.
//
// [Service.Handler] speaks AWS's query protocol for the services iam
// (2010-05-08) and sts (2011-06-15).
package iam
