package s3

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

const maxKeys = 1000

type contentXML struct {
	Key, LastModified, ETag string
	Size                    int64
	Owner                   *ownerXML `xml:",omitempty"`
	StorageClass            string
}

type prefixXML struct{ Prefix string }

type listXML struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix          string
	Marker                *string `xml:",omitempty"`
	NextMarker            string  `xml:",omitempty"`
	StartAfter            string  `xml:",omitempty"`
	ContinuationToken     string  `xml:",omitempty"`
	NextContinuationToken string  `xml:",omitempty"`
	KeyCount              *int    `xml:",omitempty"`
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []contentXML
	CommonPrefixes        []prefixXML
}

// page is one page of a listing: keys and common prefixes in order.
type page struct {
	objects  []store.Keyed[Object]
	prefixes []string
	last     string // the last key or prefix on the page
	more     bool
}

// listPage reads at most limit entries of bucket b that begin with prefix and
// come after after. Keys that share the part up to delim after the prefix
// stand as one common prefix, and are skipped, not read.
func listPage(tx store.Tx, b, prefix, delim, after string, limit int) (page, error) {
	var p page
	// A common prefix stands for every key that begins with it.
	if delim != "" && strings.HasPrefix(after, prefix) && strings.HasSuffix(after, delim) && len(after) > len(prefix) {
		after = pastPrefix(after)
	}
	for {
		restart, err := listRun(tx, b, prefix, delim, after, limit, &p)
		if err != nil || restart == "" {
			return p, err
		}
		after = restart
	}
}

// listRun adds to p until it meets a common prefix, and then returns where to
// go on behind it.
func listRun(tx store.Tx, b, prefix, delim, after string, limit int, p *page) (restart string, err error) {
	q := store.Query{Prefix: objectKey(b, prefix)}
	if after != "" {
		q.After = objectKey(b, after)
	}
	for e, err := range current.List(tx, q) {
		if err != nil {
			return "", err
		}
		if e.Rec.Deleted {
			continue
		}
		_, key := splitKey(e.Key)
		if len(p.objects)+len(p.prefixes) == limit {
			p.more = true
			return "", nil
		}
		if delim != "" {
			if i := strings.Index(key[len(prefix):], delim); i >= 0 {
				cp := key[:len(prefix)+i+len(delim)]
				p.prefixes = append(p.prefixes, cp)
				p.last = cp
				return pastPrefix(cp), nil
			}
		}
		e.Key = key
		p.objects = append(p.objects, e)
		p.last = key
	}
	return "", nil
}

// pastPrefix is a key after every key with that prefix that UTF-8 allows.
func pastPrefix(prefix string) string { return prefix + "\xff" }

// Objects yields the objects of a bucket whose keys begin with prefix, in key
// order, reading them page by page, each page from one moment.
func (s objects) Objects(ctx context.Context, b, prefix string) iter.Seq2[store.Keyed[Object], error] {
	return func(yield func(store.Keyed[Object], error) bool) {
		for after := ""; ; {
			var p page
			err := s.st.View(ctx, func(tx store.Tx) (err error) {
				if _, err = getBucket(tx, b); err == nil {
					p, err = listPage(tx, b, prefix, "", after, maxKeys)
				}
				return err
			})
			if err != nil {
				yield(store.Keyed[Object]{}, err)
				return
			}
			for _, o := range p.objects {
				if !yield(o, nil) {
					return
				}
			}
			if !p.more {
				return
			}
			after = p.last
		}
	}
}

func (h *Handler) listObjects(r *request) error {
	marker := r.q.Get("marker")
	out, p, err := h.list(r, marker, true)
	if err != nil {
		return err
	}
	enc := out.encoder()
	m := enc(marker)
	out.Marker = &m
	if p.more {
		out.NextMarker = enc(p.last)
	}
	return writeXML(r.w, http.StatusOK, out)
}

func (h *Handler) listObjectsV2(r *request) error {
	after, token := r.q.Get("start-after"), r.q.Get("continuation-token")
	if token != "" {
		b, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return errInvalidArgument("The continuation token is not one of ours.")
		}
		after = string(b)
	}
	out, p, err := h.list(r, after, r.q.Get("fetch-owner") == "true")
	if err != nil {
		return err
	}
	out.StartAfter, out.ContinuationToken = out.encoder()(r.q.Get("start-after")), token
	n := len(p.objects) + len(p.prefixes)
	out.KeyCount = &n
	if p.more {
		out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(p.last))
	}
	return writeXML(r.w, http.StatusOK, out)
}

// list does what both forms of listing share.
func (h *Handler) list(r *request, after string, owner bool) (*listXML, page, error) {
	limit, err := r.maxKeys("max-keys")
	if err != nil {
		return nil, page{}, err
	}
	prefix, delim := r.q.Get("prefix"), r.q.Get("delimiter")
	var p page
	err = h.st.View(r.Context(), func(tx store.Tx) (err error) {
		if _, err = getBucket(tx, r.bucket); err == nil && limit > 0 {
			p, err = listPage(tx, r.bucket, prefix, delim, after, limit)
		}
		return err
	})
	if err != nil {
		return nil, page{}, err
	}
	out := &listXML{Name: r.bucket, MaxKeys: limit, IsTruncated: p.more, EncodingType: r.q.Get("encoding-type")}
	enc := out.encoder()
	out.Prefix, out.Delimiter = enc(prefix), enc(delim)
	for _, e := range p.objects {
		c := contentXML{Key: enc(e.Key), LastModified: iso(e.Rec.Modified), ETag: `"` + e.Rec.ETag + `"`, Size: e.Rec.Size, StorageClass: "STANDARD"}
		if owner {
			o := h.owner()
			c.Owner = &o
		}
		out.Contents = append(out.Contents, c)
	}
	for _, cp := range p.prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, prefixXML{enc(cp)})
	}
	return out, p, nil
}

// encoder returns what keys go through: nothing, or URL encoding when asked
// for, because XML cannot hold every character that a key can.
func (l *listXML) encoder() func(string) string { return encoder(l.EncodingType) }

func encoder(kind string) func(string) string {
	if kind != "url" {
		return func(s string) string { return s }
	}
	return func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }
}

func (r *request) maxKeys(name string) (int, error) {
	s := r.q.Get(name)
	if s == "" {
		return maxKeys, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, errInvalidArgument("The parameter " + name + " is not a number from 0 on.")
	}
	return min(n, maxKeys), nil
}

type versionXML struct {
	XMLName        xml.Name
	Key, VersionId string
	IsLatest       bool
	LastModified   string
	ETag           string `xml:",omitempty"`
	Size           *int64 `xml:",omitempty"`
	StorageClass   string `xml:",omitempty"`
	Owner          ownerXML
}

type listVersionsXML struct {
	XMLName             xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListVersionsResult"`
	Name, Prefix        string
	KeyMarker           string
	VersionIdMarker     string
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIdMarker string `xml:",omitempty"`
	MaxKeys             int
	Delimiter           string `xml:",omitempty"`
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Entries             []versionXML
	CommonPrefixes      []prefixXML
}

// listVersions lists every version, the newest of a key first. Pages end
// between keys, so a page may hold more than max-keys entries when one key has
// many versions; clients go on from the markers either way.
func (h *Handler) listVersions(r *request) error {
	limit, err := r.maxKeys("max-keys")
	if err != nil {
		return err
	}
	prefix, after := r.q.Get("prefix"), r.q.Get("key-marker")
	out := listVersionsXML{Name: r.bucket, MaxKeys: limit, EncodingType: r.q.Get("encoding-type")}
	enc := encoder(out.EncodingType)
	out.Prefix, out.KeyMarker, out.VersionIdMarker = enc(prefix), enc(after), r.q.Get("version-id-marker")
	err = h.st.View(r.Context(), func(tx store.Tx) error {
		if _, err := getBucket(tx, r.bucket); err != nil {
			return err
		}
		q := store.Query{Prefix: objectKey(r.bucket, prefix)}
		if after != "" {
			q.After = objectKey(r.bucket, after)
		}
		last := ""
		for e, err := range current.List(tx, q) {
			if err != nil {
				return err
			}
			if len(out.Entries) >= limit {
				out.IsTruncated, out.NextKeyMarker = true, enc(last)
				return nil
			}
			_, last = splitKey(e.Key)
			out.Entries = append(out.Entries, h.versionEntry(enc(last), e.Rec, true))
			for v, err := range versions.List(tx, store.Query{Prefix: e.Key + "\x00"}) {
				if err != nil {
					return err
				}
				out.Entries = append(out.Entries, h.versionEntry(enc(last), v.Rec, false))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, out)
}

func (h *Handler) versionEntry(key string, o *Object, latest bool) versionXML {
	v := versionXML{XMLName: xml.Name{Local: "Version"}, Key: key, VersionId: o.id(), IsLatest: latest, LastModified: iso(o.Modified), Owner: h.owner()}
	if o.Deleted {
		v.XMLName.Local = "DeleteMarker"
		return v
	}
	v.ETag, v.Size, v.StorageClass = `"`+o.ETag+`"`, &o.Size, "STANDARD"
	return v
}
