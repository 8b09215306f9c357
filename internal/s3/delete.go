package s3

import (
	"encoding/xml"
	"errors"
	"net/http"

	"github.com/quoinhq/quoin/internal/store"
)

type deletedXML struct {
	Key                   string
	VersionId             string `xml:",omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionId string `xml:",omitempty"`
}

type deleteErrorXML struct {
	Key       string
	VersionId string `xml:",omitempty"`
	Code      string
	Message   string
}

type deleteResultXML struct {
	XMLName xml.Name         `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
	Deleted []deletedXML     `xml:"Deleted"`
	Errors  []deleteErrorXML `xml:"Error"`
}

// deleteObjects deletes up to 1,000 keys in one transaction; a key that may not
// be deleted is reported and does not hold up the others.
func (h *Handler) deleteObjects(r *request) error {
	var in struct {
		Quiet   bool
		Objects []struct{ Key, VersionId string } `xml:"Object"`
	}
	if err := h.readXML(r, &in); err != nil {
		return err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxKeys {
		return errMalformedXML()
	}
	var out deleteResultXML
	rnd := random()
	refused := make([]error, len(in.Objects))
	for i, o := range in.Objects {
		refused[i] = h.Authorize(r.Context(), r.Request, "s3:DeleteObject", "arn:aws:s3:::"+r.bucket+"/"+o.Key)
	}
	err := h.st.Update(r.Context(), func(tx store.Tx) error {
		out = deleteResultXML{}
		for i, o := range in.Objects {
			if refused[i] != nil {
				out.Errors = append(out.Errors, deleteErrorXML{o.Key, o.VersionId, "AccessDenied", refused[i].Error()})
				continue
			}
			version, marker, err := remove(tx, r.bucket, o.Key, o.VersionId, rnd)
			var own *Error
			if errors.As(err, &own) && own.Code == "NoSuchBucket" {
				return err
			}
			if err != nil {
				return err
			}
			d := deletedXML{Key: o.Key, VersionId: o.VersionId, DeleteMarker: marker}
			if marker {
				d.DeleteMarkerVersionId = version
			}
			if !in.Quiet {
				out.Deleted = append(out.Deleted, d)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeXML(r.w, http.StatusOK, out)
}
