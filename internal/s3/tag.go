package s3

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/quoinhq/quoin/internal/store"
)

const maxTags = 50

func tagsXML(tags map[string]string) taggingXML {
	var t taggingXML
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		t.Tags = append(t.Tags, tagXML{k, tags[k]})
	}
	return t
}

func (h *Handler) readTags(r *request) (map[string]string, error) {
	var in taggingXML
	if err := h.readXML(r, &in); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		if _, twice := tags[t.Key]; twice || t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || len(tags) == maxTags {
			return nil, newError(400, "InvalidTag", "A tag key has 1 to 128 bytes and stands once, a value at most 256; at most 50 tags.")
		}
		tags[t.Key] = t.Value
	}
	return tags, nil
}

// headerTags reads the x-amz-tagging header, a query string.
func headerTags(r *request) (map[string]string, error) {
	s := r.Header.Get("X-Amz-Tagging")
	if s == "" {
		return nil, nil
	}
	q, err := url.ParseQuery(s)
	if err != nil || len(q) > 10 {
		return nil, errInvalidArgument("The header x-amz-tagging is malformed.")
	}
	tags := map[string]string{}
	for k := range q {
		tags[k] = q.Get(k)
	}
	return tags, nil
}

func (h *Handler) getObjectTags(r *request) error {
	o, err := h.version(r)
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, tagsXML(o.Tags))
}

func (h *Handler) putObjectTags(r *request) error {
	tags, err := h.readTags(r)
	if err != nil {
		return err
	}
	if len(tags) > 10 {
		return newError(400, "BadRequest", "An object has at most 10 tags.")
	}
	return h.changeTags(r, tags, http.StatusOK)
}

func (h *Handler) deleteObjectTags(r *request) error {
	return h.changeTags(r, nil, http.StatusNoContent)
}

func (h *Handler) changeTags(r *request, tags map[string]string, status int) error {
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		id := r.q.Get("versionId")
		o, err := getVersion(tx, r.bucket, r.key, id)
		if err != nil {
			return err
		}
		c := *o
		c.Tags = tags
		if now, err := current.Get(tx, objectKey(r.bucket, r.key)); err == nil && now.id() == o.id() {
			return current.Put(tx, objectKey(r.bucket, r.key), &c)
		}
		return versions.Put(tx, versionKey(r.bucket, r.key, id), &c)
	})
	if err != nil {
		return err
	}
	r.w.WriteHeader(status)
	return nil
}
