package s3

import (
	"encoding/xml"
	"net/http"
	"regexp"

	"github.com/quoinhq/quoin/internal/store"
)

// Source: S3 user guide, "General purpose bucket naming rules".
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

type bucketXML struct{ Name, CreationDate string }

type listBucketsXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
	Owner   ownerXML
	Buckets []bucketXML `xml:"Buckets>Bucket"`
}

func (h *Handler) listBuckets(r *request) error {
	out := listBucketsXML{Owner: h.owner()}
	err := h.st.View(r.Context(), func(tx store.Tx) error {
		for e, err := range buckets.List(tx, store.Query{}) {
			if err != nil {
				return err
			}
			out.Buckets = append(out.Buckets, bucketXML{e.Key, iso(e.Rec.Created)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, out)
}

func (h *Handler) createBucket(r *request) error {
	if !bucketName.MatchString(r.bucket) {
		return errInvalidBucketName()
	}
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := buckets.Get(tx, r.bucket); err == nil {
			return errBucketExists()
		}
		return buckets.Put(tx, r.bucket, &bucket{Created: tx.Now()})
	})
	if err != nil {
		return err
	}
	r.w.Header().Set("Location", "/"+r.bucket)
	r.w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) headBucket(r *request) error {
	if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
		return err
	}
	r.w.Header().Set("X-Amz-Bucket-Region", h.Region)
	r.w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) deleteBucket(r *request) error {
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := getBucket(tx, r.bucket); err != nil {
			return err
		}
		for _, count := range []func(store.Tx, string) (int, error){current.Count, versions.Count} {
			n, err := count(tx, r.bucket+"/")
			if err != nil {
				return err
			}
			if n > 0 {
				return errBucketNotEmpty()
			}
		}
		for e, err := range uploads.List(tx, store.Query{Prefix: r.bucket + "/"}) {
			if err != nil {
				return err
			}
			if err := dropUpload(tx, e.Key); err != nil {
				return err
			}
		}
		return buckets.Delete(tx, r.bucket)
	})
	if err != nil {
		return err
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) bucketLocation(r *request) error {
	if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
		return err
	}
	region := h.Region
	if region == "us-east-1" {
		region = "" // the API's way of saying it
	}
	return writeXML(r.w, http.StatusOK, locationXML{Region: region})
}

func (h *Handler) getVersioning(r *request) error {
	b, err := h.bucketOf(r.Context(), r.bucket)
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, versioningXML{Status: b.Versioning})
}

func (h *Handler) putVersioning(r *request) error {
	var in struct {
		Status string
	}
	if err := h.readXML(r, &in); err != nil {
		return err
	}
	if in.Status != "Enabled" && in.Status != "Suspended" {
		return errMalformedXML()
	}
	return h.changeBucket(r, func(b *bucket) { b.Versioning = in.Status })
}

// changeBucket changes the bucket's record and answers with nothing.
func (h *Handler) changeBucket(r *request, change func(*bucket)) error {
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		b, err := getBucket(tx, r.bucket)
		if err != nil {
			return err
		}
		c := *b
		change(&c)
		return buckets.Put(tx, r.bucket, &c)
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if r.Method == http.MethodDelete {
		status = http.StatusNoContent
	}
	r.w.WriteHeader(status)
	return nil
}

func (h *Handler) getBucketTags(r *request) error {
	b, err := h.bucketOf(r.Context(), r.bucket)
	if err != nil {
		return err
	}
	if len(b.Tags) == 0 {
		return errNoSuchTagSet()
	}
	return writeXML(r.w, http.StatusOK, tagsXML(b.Tags))
}

func (h *Handler) putBucketTags(r *request) error {
	tags, err := h.readTags(r)
	if err != nil {
		return err
	}
	return h.changeBucket(r, func(b *bucket) { b.Tags = tags })
}

func (h *Handler) deleteBucketTags(r *request) error {
	return h.changeBucket(r, func(b *bucket) { b.Tags = nil })
}
