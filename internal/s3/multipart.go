package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

func (h *Handler) createUpload(r *request) error {
	headers, tags, err := properties(r)
	if err != nil {
		return err
	}
	algo := strings.ToLower(r.Header.Get("X-Amz-Checksum-Algorithm"))
	if _, ok := algorithms[algo]; algo != "" && !ok {
		return errInvalidArgument("The checksum algorithm is not one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256.")
	}
	id := random() + random()
	err = h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := getBucket(tx, r.bucket); err != nil {
			return err
		}
		return uploads.Put(tx, uploadKey(r.bucket, id), &upload{Began: tx.Now(), Headers: headers, Tags: tags, Algo: algo, Key: r.key})
	})
	if err != nil {
		return err
	}
	if algo != "" {
		r.w.Header().Set("X-Amz-Checksum-Algorithm", strings.ToUpper(algo))
		r.w.Header().Set("X-Amz-Checksum-Type", "COMPOSITE")
	}
	return writeXML(r.w, http.StatusOK, struct {
		XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: r.bucket, Key: r.key, UploadId: id})
}

// uploadOf returns the upload that the request names.
func (h *Handler) uploadOf(tx store.Tx, r *request) (*upload, error) {
	u, err := uploads.Get(tx, uploadKey(r.bucket, r.q.Get("uploadId")))
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Key != r.key {
		return nil, errNoSuchUpload()
	}
	return u, err
}

func (h *Handler) uploadPart(r *request) error {
	n, err := strconv.Atoi(r.q.Get("partNumber"))
	if err != nil || n < 1 || n > maxParts {
		return errInvalidArgument("Part number must be an integer between 1 and 10000, inclusive.")
	}
	err = h.st.View(r.Context(), func(tx store.Tx) error {
		_, err := h.uploadOf(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	lease := h.blobs.Lease()
	defer lease.Release()
	var in *received
	copied := r.Header.Get("X-Amz-Copy-Source") != ""
	if copied {
		in, err = h.copyRange(r)
	} else {
		in, err = h.receive(r, maxPut)
	}
	if err != nil {
		return err
	}
	p := &part{Ref: in.Ref, MD5: hexSum(in.md5), Checksums: in.checksums}
	err = h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := h.uploadOf(tx, r); err != nil {
			return err
		}
		p.Modified = tx.Now()
		return parts.Put(tx, partKey(r.bucket, r.q.Get("uploadId"), n), p)
	})
	if err != nil {
		return err
	}
	if copied {
		return writeXML(r.w, http.StatusOK, struct {
			XMLName struct{} `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyPartResult"`
			copyXML
		}{copyXML: copyXML{iso(p.Modified), `"` + p.MD5 + `"`}})
	}
	r.w.Header().Set("ETag", `"`+p.MD5+`"`)
	for name, v := range p.Checksums {
		r.w.Header().Set(checksumPrefix+name, v)
	}
	r.w.WriteHeader(http.StatusOK)
	return nil
}

// copyRange stores a range of another object as a part.
func (h *Handler) copyRange(r *request) (*received, error) {
	src, err := h.copySource(r)
	if err != nil {
		return nil, err
	}
	off, n, _, err := span(r.Header.Get("X-Amz-Copy-Source-Range"), src.Size)
	if err != nil {
		return nil, err
	}
	f, err := h.blobs.Open(src.Hash)
	if err != nil {
		return nil, errInternal(err)
	}
	defer f.Close()
	sum := md5.New()
	ref, err := h.blobs.Ingest(r.Context(), io.TeeReader(io.NewSectionReader(f, off, n), sum))
	if err != nil {
		return nil, err
	}
	return &received{Ref: ref, md5: sum.Sum(nil)}, h.blobs.Sync(r.Context())
}

// completeUpload joins the parts into one content, which is written once more:
// everything else here relies on an object being one file.
func (h *Handler) completeUpload(r *request) error {
	var in struct {
		Parts []struct {
			PartNumber int
			ETag       string
		} `xml:"Part"`
	}
	if err := h.readXML(r, &in); err != nil {
		return err
	}
	if len(in.Parts) == 0 || len(in.Parts) > maxParts {
		return errMalformedXML()
	}
	id := r.q.Get("uploadId")
	var u *upload
	list := make([]*part, len(in.Parts))
	err := h.st.View(r.Context(), func(tx store.Tx) (err error) {
		if u, err = h.uploadOf(tx, r); err != nil {
			return err
		}
		for i, want := range in.Parts {
			if i > 0 && want.PartNumber <= in.Parts[i-1].PartNumber {
				return errInvalidPartOrder()
			}
			p, err := parts.Get(tx, partKey(r.bucket, id, want.PartNumber))
			if errors.Is(err, store.ErrNotFound) || err == nil && strings.Trim(want.ETag, `"`) != p.MD5 {
				return errInvalidPart(fmt.Sprintf("Part %d was not uploaded, or its entity tag is another.", want.PartNumber))
			}
			if err != nil {
				return err
			}
			if i < len(in.Parts)-1 && p.Size < minPart {
				return errEntityTooSmall()
			}
			list[i] = p
		}
		return nil
	})
	if err != nil {
		return err
	}
	lease := h.blobs.Lease()
	defer lease.Release()
	o, err := h.join(r, u, list)
	if err != nil {
		return err
	}
	rnd := random()
	err = h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := h.uploadOf(tx, r); err != nil {
			return err // completed or aborted meanwhile
		}
		o.Modified = tx.Now()
		if err := put(tx, r.bucket, r.key, o, rnd); err != nil {
			return err
		}
		return dropUpload(tx, uploadKey(r.bucket, id))
	})
	if err != nil {
		return err
	}
	if o.VersionID != "" {
		r.w.Header().Set("X-Amz-Version-Id", o.VersionID)
	}
	return writeXML(r.w, http.StatusOK, struct {
		XMLName                     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Location, Bucket, Key, ETag string
	}{Location: "/" + r.bucket + "/" + r.key, Bucket: r.bucket, Key: r.key, ETag: `"` + o.ETag + `"`})
}

// join writes the parts one after another and makes the object's record. The
// entity tag is the MD5 of the parts' MD5s and their number, as S3's is.
func (h *Handler) join(r *request, u *upload, list []*part) (*Object, error) {
	o := &Object{Headers: u.Headers, Tags: u.Tags, Parts: len(list)}
	sums := md5.New()
	var composite hash.Hash
	if u.Algo != "" {
		composite = algorithms[u.Algo]()
	}
	for _, p := range list {
		b, err := hex.DecodeString(p.MD5)
		if err != nil {
			return nil, errInternal(err)
		}
		sums.Write(b)
		if composite != nil {
			b, _ := base64.StdEncoding.DecodeString(p.Checksums[u.Algo])
			composite.Write(b)
		}
	}
	o.ETag = fmt.Sprintf("%s-%d", hexSum(sums.Sum(nil)), len(list))
	if composite != nil {
		o.Checksums = map[string]string{u.Algo: fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(composite.Sum(nil)), len(list))}
	}
	if len(list) == 1 {
		o.Ref = list[0].Ref
		return o, h.blobs.Touch(o.Hash)
	}
	w, err := h.blobs.Writer()
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	for _, p := range list {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if err := appendBlob(w, h.blobs, p.Ref); err != nil {
			return nil, errInternal(err)
		}
	}
	if o.Ref, err = w.Commit(); err != nil {
		return nil, err
	}
	return o, h.blobs.Sync(r.Context())
}

func appendBlob(w io.Writer, blobs *blob.Store, ref blob.Ref) error {
	f, err := blobs.Open(ref.Hash)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func (h *Handler) abortUpload(r *request) error {
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		if _, err := h.uploadOf(tx, r); err != nil {
			return err
		}
		return dropUpload(tx, uploadKey(r.bucket, r.q.Get("uploadId")))
	})
	if err != nil {
		return err
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

// dropUpload forgets an upload and its parts; their content is garbage then.
func dropUpload(tx store.Tx, key string) error {
	var drop []string
	for e, err := range parts.List(tx, store.Query{Prefix: key + "/"}) {
		if err != nil {
			return err
		}
		drop = append(drop, e.Key)
	}
	for _, k := range drop {
		if err := parts.Delete(tx, k); err != nil {
			return err
		}
	}
	return uploads.Delete(tx, key)
}

type partXML struct {
	PartNumber         int
	LastModified, ETag string
	Size               int64
}

func (h *Handler) listParts(r *request) error {
	limit, err := r.maxKeys("max-parts")
	if err != nil {
		return err
	}
	after, _ := strconv.Atoi(r.q.Get("part-number-marker"))
	id := r.q.Get("uploadId")
	out := struct {
		XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
		Bucket, Key, UploadId string
		Initiator, Owner      ownerXML
		StorageClass          string
		PartNumberMarker      int
		NextPartNumberMarker  int `xml:",omitempty"`
		MaxParts              int
		IsTruncated           bool
		Parts                 []partXML `xml:"Part"`
	}{Bucket: r.bucket, Key: r.key, UploadId: id, Initiator: h.owner(), Owner: h.owner(), StorageClass: "STANDARD", PartNumberMarker: after, MaxParts: limit}
	err = h.st.View(r.Context(), func(tx store.Tx) error {
		if _, err := h.uploadOf(tx, r); err != nil {
			return err
		}
		for e, err := range parts.List(tx, store.Query{Prefix: uploadKey(r.bucket, id) + "/", After: partKey(r.bucket, id, after)}) {
			if err != nil {
				return err
			}
			if len(out.Parts) == limit {
				out.IsTruncated = true
				return nil
			}
			n, err := strconv.Atoi(e.Key[strings.LastIndexByte(e.Key, '/')+1:])
			if err != nil {
				return fmt.Errorf("s3: part key %q", e.Key)
			}
			out.NextPartNumberMarker = n
			out.Parts = append(out.Parts, partXML{n, iso(e.Rec.Modified), `"` + e.Rec.MD5 + `"`, e.Rec.Size})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, out)
}

type uploadXML struct {
	Key, UploadId    string
	Initiator, Owner ownerXML
	StorageClass     string
	Initiated        string
}

func (h *Handler) listUploads(r *request) error {
	prefix := r.q.Get("prefix")
	out := struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
		Bucket      string
		KeyMarker   string
		MaxUploads  int
		IsTruncated bool
		Prefix      string
		Uploads     []uploadXML `xml:"Upload"`
	}{Bucket: r.bucket, MaxUploads: maxKeys, Prefix: prefix}
	err := h.st.View(r.Context(), func(tx store.Tx) error {
		if _, err := getBucket(tx, r.bucket); err != nil {
			return err
		}
		for e, err := range uploads.List(tx, store.Query{Prefix: r.bucket + "/"}) {
			if err != nil {
				return err
			}
			if strings.HasPrefix(e.Rec.Key, prefix) && len(out.Uploads) < maxKeys {
				_, id := splitKey(e.Key)
				out.Uploads = append(out.Uploads, uploadXML{e.Rec.Key, id, h.owner(), h.owner(), "STANDARD", iso(e.Rec.Began)})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, out)
}
