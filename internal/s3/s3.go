// Package s3 is Quoin's built-in object store: the part of the S3 API that
// people's tools use to bring code and data to a kdb+ estate. Object content
// lies in [blob.Store], names and metadata in [store.Store].
//
// The handler is given requests whose signature has been verified. It asks an
// [Authorizer] before every effect, and reads bodies through [Config.Body],
// which checks them against what was signed.
//
// Source of behaviour: Amazon S3 API reference.
package s3

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// Authorizer decides whether the caller in ctx may do action on the resource
// with that ARN. A refusal's text is shown to the caller.
type Authorizer func(ctx context.Context, r *http.Request, action, arn string) error

// Config is what a Handler is made of. All fields but Domain are required.
type Config struct {
	Store     store.Store
	Blobs     *blob.Store
	Region    string
	AccountID string
	Authorize Authorizer
	// Body returns the request's decoded body, checked against its signature:
	// what sigv4.Verifier.Body returns.
	Body func(*http.Request) io.Reader
	// RequestID returns the request's id.
	RequestID func(*http.Request) string
	// Domain is the host name under which bucket names are looked for as the
	// first label ("BUCKET.DOMAIN"); "" means that buckets stand in paths only.
	Domain string
}

// Handler answers S3 requests. It may be used concurrently.
type Handler struct {
	Config
	objects
}

// New returns a handler.
func New(cfg Config) *Handler {
	return &Handler{Config: cfg, objects: objects{cfg.Store, cfg.Blobs}}
}

// request is one call on its way through the handler.
type request struct {
	*http.Request
	w           http.ResponseWriter
	bucket, key string
	q           url.Values
}

// action is one operation: what must be allowed, on what, and what is done.
type action struct {
	allow string // IAM action, without the "s3:"
	on    func(*request) string
	do    func(*Handler, *request) error
}

func onBucket(r *request) string { return "arn:aws:s3:::" + r.bucket }
func onObject(r *request) string { return "arn:aws:s3:::" + r.bucket + "/" + r.key }
func onAll(*request) string      { return "*" }

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	r := &request{Request: hr, w: w, q: hr.URL.Query()}
	err := h.locate(r)
	if err == nil {
		err = h.serve(r)
	}
	if err != nil {
		h.writeError(r, err)
	}
}

func (h *Handler) serve(r *request) error {
	a, err := h.route(r)
	if err != nil {
		return err
	}
	if err := h.Authorize(r.Context(), r.Request, "s3:"+a.allow, a.on(r)); err != nil {
		return errAccessDenied(err)
	}
	return a.do(h, r)
}

// locate finds bucket and key in host and path.
func (h *Handler) locate(r *request) error {
	path := r.URL.EscapedPath()
	if b, ok := h.virtualHost(r.Host); ok {
		path = "/" + b + path
	}
	b, k, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	var err error
	if r.bucket, err = url.PathUnescape(b); err != nil {
		return errInvalidURI()
	}
	if r.key, err = url.PathUnescape(k); err != nil {
		return errInvalidURI()
	}
	if len(r.key) > 1024 {
		return errKeyTooLong()
	}
	return nil
}

func (h *Handler) virtualHost(host string) (bucket string, ok bool) {
	if h.Domain == "" {
		return "", false
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.CutSuffix(host, "."+h.Domain)
}

// route picks the operation by what the path names, the method, and the
// sub-resource in the query.
func (h *Handler) route(r *request) (action, error) {
	switch {
	case r.bucket == "":
		return allowed(serviceActions, r.Method)
	case r.key == "":
		return pick(bucketActions, r)
	}
	return pick(objectActions, r)
}

// routes maps "METHOD sub-resource" to an operation; the first sub-resource of
// the list that the query has decides.
type routes struct {
	subs    []string
	actions map[string]action
}

func pick(t routes, r *request) (action, error) {
	for _, s := range t.subs {
		if r.q.Has(s) {
			a, ok := t.actions[r.Method+" "+s]
			if !ok {
				return a, errNotImplemented(s)
			}
			return a, nil
		}
	}
	if s := otherSub(r.q); s != "" {
		return action{}, errNotImplemented(s)
	}
	if r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && r.key != "" {
		return action{"PutObject", onObject, (*Handler).copyObject}, nil
	}
	return allowed(t.actions, r.Method)
}

func allowed(actions map[string]action, method string) (action, error) {
	a, ok := actions[method]
	if !ok {
		return a, errMethodNotAllowed()
	}
	return a, nil
}

// otherSub finds a sub-resource that no operation here has: a name without a
// value that is no parameter. What it stands for must not be taken for the
// object itself: a legal hold that is put is not its content.
func otherSub(q url.Values) string {
	for name, values := range q {
		if !slices.Contains(values, "") || slices.Contains(parameters, name) {
			continue
		}
		if lower := strings.ToLower(name); !strings.HasPrefix(lower, "x-amz-") && !strings.HasPrefix(lower, "response-") {
			return name
		}
	}
	return ""
}

// parameters are the names in a query that say how, not what.
var parameters = []string{
	"prefix", "delimiter", "encoding-type", "max-keys", "marker", "start-after", "continuation-token", "fetch-owner", "key-marker", "version-id-marker",
	"upload-id-marker", "max-uploads", "part-number-marker", "max-parts", "partNumber", "versionId", "x-id", "bucket-region", "max-buckets",
}

var serviceActions = map[string]action{
	"GET": {"ListAllMyBuckets", onAll, (*Handler).listBuckets},
}

var bucketActions = routes{
	subs: []string{"location", "versioning", "versions", "uploads", "delete", "tagging", "policy", "policyStatus", "acl", "cors", "website",
		"accelerate", "requestPayment", "logging", "lifecycle", "replication", "encryption", "object-lock", "publicAccessBlock", "ownershipControls", "notification", "list-type"},
	actions: map[string]action{
		"PUT":            {"CreateBucket", onBucket, (*Handler).createBucket},
		"HEAD":           {"ListBucket", onBucket, (*Handler).headBucket},
		"DELETE":         {"DeleteBucket", onBucket, (*Handler).deleteBucket},
		"GET":            {"ListBucket", onBucket, (*Handler).listObjects},
		"GET list-type":  {"ListBucket", onBucket, (*Handler).listObjectsV2},
		"GET versions":   {"ListBucketVersions", onBucket, (*Handler).listVersions},
		"GET uploads":    {"ListBucketMultipartUploads", onBucket, (*Handler).listUploads},
		"GET location":   {"GetBucketLocation", onBucket, (*Handler).bucketLocation},
		"GET versioning": {"GetBucketVersioning", onBucket, (*Handler).getVersioning},
		"PUT versioning": {"PutBucketVersioning", onBucket, (*Handler).putVersioning},
		"GET tagging":    {"GetBucketTagging", onBucket, (*Handler).getBucketTags},
		"PUT tagging":    {"PutBucketTagging", onBucket, (*Handler).putBucketTags},
		"DELETE tagging": {"PutBucketTagging", onBucket, (*Handler).deleteBucketTags},
		"POST delete":    {"ListBucket", onBucket, (*Handler).deleteObjects}, // each key is authorised on its own

		"GET policy":            {"GetBucketPolicy", onBucket, absent("NoSuchBucketPolicy", "The bucket policy does not exist")},
		"GET policyStatus":      {"GetBucketPolicyStatus", onBucket, absent("NoSuchBucketPolicy", "The bucket policy does not exist")},
		"GET cors":              {"GetBucketCORS", onBucket, absent("NoSuchCORSConfiguration", "The CORS configuration does not exist")},
		"GET website":           {"GetBucketWebsite", onBucket, absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")},
		"GET lifecycle":         {"GetLifecycleConfiguration", onBucket, absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")},
		"GET replication":       {"GetReplicationConfiguration", onBucket, absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found")},
		"GET encryption":        {"GetEncryptionConfiguration", onBucket, absent("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found")},
		"GET object-lock":       {"GetBucketObjectLockConfiguration", onBucket, absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")},
		"GET publicAccessBlock": {"GetBucketPublicAccessBlock", onBucket, absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")},
		"GET ownershipControls": {"GetBucketOwnershipControls", onBucket, absent("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")},
		"GET acl":               {"GetBucketAcl", onBucket, (*Handler).getACL},
		"GET accelerate":        {"GetAccelerateConfiguration", onBucket, fixed(accelerateXML{})},
		"GET requestPayment":    {"GetBucketRequestPayment", onBucket, fixed(requestPaymentXML{Payer: "BucketOwner"})},
		"GET logging":           {"GetBucketLogging", onBucket, fixed(loggingXML{})},
		"GET notification":      {"GetBucketNotification", onBucket, fixed(notificationXML{})},
	},
}

var objectActions = routes{
	subs: []string{"uploads", "uploadId", "tagging", "acl"},
	actions: map[string]action{
		"GET":             {"GetObject", onObject, (*Handler).getObject},
		"HEAD":            {"GetObject", onObject, (*Handler).getObject},
		"PUT":             {"PutObject", onObject, (*Handler).putObject},
		"DELETE":          {"DeleteObject", onObject, (*Handler).deleteObject},
		"POST uploads":    {"PutObject", onObject, (*Handler).createUpload},
		"PUT uploadId":    {"PutObject", onObject, (*Handler).uploadPart},
		"POST uploadId":   {"PutObject", onObject, (*Handler).completeUpload},
		"DELETE uploadId": {"AbortMultipartUpload", onObject, (*Handler).abortUpload},
		"GET uploadId":    {"ListMultipartUploadParts", onObject, (*Handler).listParts},
		"GET tagging":     {"GetObjectTagging", onObject, (*Handler).getObjectTags},
		"PUT tagging":     {"PutObjectTagging", onObject, (*Handler).putObjectTags},
		"DELETE tagging":  {"DeleteObjectTagging", onObject, (*Handler).deleteObjectTags},
		"GET acl":         {"GetObjectAcl", onObject, (*Handler).getACL},
	},
}

// absent answers for a configuration that no bucket here can have.
func absent(code, text string) func(*Handler, *request) error {
	return func(h *Handler, r *request) error {
		if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
			return err
		}
		return &Error{Status: http.StatusNotFound, Code: code, Message: text + "."}
	}
}

// fixed answers with a configuration that is the same for every bucket.
func fixed(v any) func(*Handler, *request) error {
	return func(h *Handler, r *request) error {
		if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
			return err
		}
		return writeXML(r.w, http.StatusOK, v)
	}
}

const timeISO = "2006-01-02T15:04:05.000Z"

func iso(t time.Time) string { return t.UTC().Format(timeISO) }
