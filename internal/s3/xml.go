package s3

import (
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
)

const maxXML = 2 << 20 // a batch delete of 1,000 keys of 1,024 bytes fits

// writeXML answers with v.
func writeXML(w http.ResponseWriter, status int, v any) error {
	b, err := xml.Marshal(v)
	if err != nil {
		return errInternal(err)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(xml.Header)+len(b)))
	w.WriteHeader(status)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return nil // the client is gone; there is nobody to tell
	}
	_, _ = w.Write(b)
	return nil
}

// readXML reads a request's body into v.
func (h *Handler) readXML(r *request, v any) error {
	b, err := io.ReadAll(io.LimitReader(h.Body(r.Request), maxXML+1))
	if err != nil {
		return bodyError(err)
	}
	if len(b) > maxXML || xml.Unmarshal(b, v) != nil {
		return errMalformedXML()
	}
	return nil
}

type ownerXML struct {
	ID          string
	DisplayName string
}

type tagXML struct{ Key, Value string }

type taggingXML struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []tagXML `xml:"TagSet>Tag"`
}

type versioningXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
	Status  string   `xml:",omitempty"`
}

type accelerateXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccelerateConfiguration"`
}

type requestPaymentXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ RequestPaymentConfiguration"`
	Payer   string
}

type loggingXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ BucketLoggingStatus"`
}

type notificationXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ NotificationConfiguration"`
}

type locationXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
	Region  string   `xml:",chardata"`
}

type granteeXML struct {
	NS          string `xml:"xmlns:xsi,attr"`
	Type        string `xml:"xsi:type,attr"`
	ID          string
	DisplayName string
}

type grantXML struct {
	Grantee    granteeXML
	Permission string
}

type aclXML struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccessControlPolicy"`
	Owner   ownerXML
	Grants  []grantXML `xml:"AccessControlList>Grant"`
}

func (h *Handler) owner() ownerXML { return ownerXML{ID: h.AccountID, DisplayName: h.AccountID} }

// getACL answers that the account owns everything; access is decided by
// policies alone.
func (h *Handler) getACL(r *request) error {
	if _, err := h.bucketOf(r.Context(), r.bucket); err != nil {
		return err
	}
	o := h.owner()
	g := granteeXML{NS: "http://www.w3.org/2001/XMLSchema-instance", Type: "CanonicalUser", ID: o.ID, DisplayName: o.DisplayName}
	return writeXML(r.w, http.StatusOK, aclXML{Owner: o, Grants: []grantXML{{g, "FULL_CONTROL"}}})
}
