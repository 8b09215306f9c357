package s3

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// Records. An object's key in the store is "BUCKET/KEY"; bucket names hold no
// slash. A version's is that, a NUL, and a number that falls with time, so that
// versions of one key list newest first. Keys hold no NUL (putObject sees to it).
var (
	buckets  = store.Table[bucket]{Kind: "s3bucket"}
	current  = store.Table[Object]{Kind: "s3object"}
	versions = store.Table[Object]{Kind: "s3version"}
	uploads  = store.Table[upload]{Kind: "s3upload"}
	parts    = store.Table[part]{Kind: "s3part"}
)

type bucket struct {
	Created    time.Time         `json:"created"`
	Versioning string            `json:"versioning,omitempty"` // "", Enabled or Suspended
	Tags       map[string]string `json:"tags,omitempty"`
}

// Object is what is known of one object version.
type Object struct {
	blob.Ref
	ETag      string            `json:"etag"` // without quotes
	Modified  time.Time         `json:"modified"`
	Headers   map[string]string `json:"headers,omitempty"` // Content-Type and its like, and x-amz-meta-*
	Checksums map[string]string `json:"checksums,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	VersionID string            `json:"version,omitempty"` // "" when never versioned
	Deleted   bool              `json:"deleted,omitempty"` // a delete marker
	Parts     int               `json:"parts,omitempty"`   // of a multipart upload
}

type upload struct {
	Began   time.Time         `json:"began"`
	Headers map[string]string `json:"headers,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	Algo    string            `json:"algo,omitempty"` // checksum algorithm asked for
	Key     string            `json:"key"`
}

type part struct {
	blob.Ref
	MD5       string            `json:"md5"`
	Modified  time.Time         `json:"modified"`
	Checksums map[string]string `json:"checksums,omitempty"`
}

func objectKey(b, k string) string { return b + "/" + k }

func versionKey(b, k, id string) string { return b + "/" + k + "\x00" + id }

func uploadKey(b, id string) string { return b + "/" + id }

func partKey(b, id string, n int) string { return fmt.Sprintf("%s/%s/%05d", b, id, n) }

// newVersionID returns an id that sorts before every earlier one.
func newVersionID(now time.Time, random string) string {
	return fmt.Sprintf("%016x%s", math.MaxInt64-now.UnixNano(), random)
}

// nullVersion is the id of an object stored while its bucket had no versions.
const nullVersion = "null"

func (o *Object) id() string {
	if o.VersionID == "" {
		return nullVersion
	}
	return o.VersionID
}

// objects is the store of names; the part of the handler without HTTP.
type objects struct {
	st    store.Store
	blobs *blob.Store
}

func (s objects) bucketOf(ctx context.Context, name string) (b *bucket, err error) {
	err = s.st.View(ctx, func(tx store.Tx) error {
		b, err = getBucket(tx, name)
		return err
	})
	return b, err
}

func getBucket(tx store.Tx, name string) (*bucket, error) {
	b, err := buckets.Get(tx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNoSuchBucket()
	}
	return b, err
}

// getVersion returns the object, the named version of it when id is not "".
func getVersion(tx store.Tx, b, k, id string) (*Object, error) {
	if _, err := getBucket(tx, b); err != nil {
		return nil, err
	}
	o, err := current.Get(tx, objectKey(b, k))
	switch {
	case err == nil && (id == "" || o.id() == id):
		return o, nil
	case id == "":
	default:
		if o, err = versions.Get(tx, versionKey(b, k, id)); err == nil {
			return o, nil
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		if id != "" {
			return nil, errNoSuchVersion()
		}
		return nil, errNoSuchKey()
	}
	return nil, err
}

// put makes o the object's current version.
func put(tx store.Tx, b, k string, o *Object, random string) error {
	bk, err := getBucket(tx, b)
	if err != nil {
		return err
	}
	if err := retire(tx, bk, b, k); err != nil {
		return err
	}
	if bk.Versioning == "Enabled" {
		o.VersionID = newVersionID(tx.Now(), random)
	} else if bk.Versioning == "Suspended" {
		o.VersionID = nullVersion
		if err := versions.Delete(tx, versionKey(b, k, nullVersion)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return current.Put(tx, objectKey(b, k), o)
}

// retire moves what is current among the versions, where there are versions.
func retire(tx store.Tx, bk *bucket, b, k string) error {
	if bk.Versioning == "" {
		return nil
	}
	old, err := current.Get(tx, objectKey(b, k))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if old.id() == nullVersion && bk.Versioning == "Suspended" {
		return nil // replaced by the new null version
	}
	return versions.Put(tx, versionKey(b, k, old.id()), old)
}

// remove deletes an object as its bucket's versioning says; with an id it
// removes that version for good. It returns the version it removed or made, and
// whether that is a delete marker. Deleting what is not there succeeds.
func remove(tx store.Tx, b, k, id, random string) (version string, marker bool, err error) {
	bk, err := getBucket(tx, b)
	if err != nil {
		return "", false, err
	}
	if id != "" {
		marker, err = removeVersion(tx, b, k, id)
		return id, marker, err
	}
	if bk.Versioning == "" {
		err := current.Delete(tx, objectKey(b, k))
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return "", false, err
	}
	o := &Object{Modified: tx.Now(), Deleted: true}
	if err := put(tx, b, k, o, random); err != nil {
		return "", false, err
	}
	return o.id(), true, nil
}

func removeVersion(tx store.Tx, b, k, id string) (marker bool, err error) {
	o, err := current.Get(tx, objectKey(b, k))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if o.id() != id {
		old, err := versions.Get(tx, versionKey(b, k, id))
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return old.Deleted, versions.Delete(tx, versionKey(b, k, id))
	}
	// The newest remaining version becomes the current one.
	for e, err := range versions.List(tx, store.Query{Prefix: objectKey(b, k) + "\x00", Limit: 1}) {
		if err != nil {
			return false, err
		}
		if err := versions.Delete(tx, e.Key); err != nil {
			return false, err
		}
		return o.Deleted, current.Put(tx, objectKey(b, k), e.Rec)
	}
	return o.Deleted, current.Delete(tx, objectKey(b, k))
}

func splitKey(storeKey string) (bucket, key string) {
	b, k, _ := strings.Cut(storeKey, "/")
	return b, k
}
