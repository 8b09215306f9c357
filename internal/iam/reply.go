package iam

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// stamp is a time as the query protocol writes it.
type stamp time.Time

func (t stamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(time.RFC3339)), nil
}

// members is a list in XML: <Roles><member>…</member></Roles>.
type members[T any] struct {
	Member []T `xml:"member"`
}

func listOf[T any](items []T) *members[T] { return &members[T]{items} }

// listOrNil leaves an empty list out of the reply.
func listOrNil[T any](items []T) *members[T] {
	if len(items) == 0 {
		return nil
	}
	return listOf(items)
}

// paging ends every reply that comes in pages.
type paging struct {
	IsTruncated bool   `xml:"IsTruncated"`
	Marker      string `xml:"Marker,omitempty"`
}

// emptyElement is a list without members, of that name.
type emptyElement string

func (e emptyElement) MarshalXML(enc *xml.Encoder, _ xml.StartElement) error {
	return enc.EncodeElement("", xml.StartElement{Name: xml.Name{Local: string(e)}})
}

type responseMetadata struct {
	RequestID string `xml:"RequestId"`
}

func (a *api) writeResult(w http.ResponseWriter, action, requestID string, result any) error {
	var b bytes.Buffer
	enc := xml.NewEncoder(&b)
	top := xml.StartElement{Name: xml.Name{Local: action + "Response"}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: a.namespace}}}
	err := enc.EncodeToken(top)
	if err == nil && result != nil {
		err = enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	}
	if err == nil {
		err = enc.EncodeElement(responseMetadata{requestID}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	}
	if err == nil {
		err = enc.EncodeToken(top.End())
	}
	if err == nil {
		err = enc.Flush()
	}
	if err != nil {
		return fmt.Errorf("iam: encode %s: %w", action, err)
	}
	send(w, http.StatusOK, requestID, b.Bytes())
	return nil
}

type errorResponse struct {
	XMLName xml.Name
	Error   struct {
		Type    string
		Code    string
		Message string
	}
	RequestID string `xml:"RequestId"`
}

// WriteError answers a request of the iam or sts service with an error. The
// server uses it for what goes wrong before the request reaches the handler.
func WriteError(w http.ResponseWriter, service, requestID string, err error) {
	f := faultOf(err)
	a, ok := apis[service]
	if !ok {
		a = apis["iam"]
	}
	var e errorResponse
	e.XMLName = xml.Name{Space: a.namespace, Local: "ErrorResponse"}
	e.Error.Type, e.Error.Code, e.Error.Message, e.RequestID = "Sender", f.Code, f.Message, requestID
	if f.Status >= 500 {
		e.Error.Type = "Receiver"
	}
	body, err := xml.Marshal(e)
	if err != nil { // only strings in it
		body = []byte("<ErrorResponse/>")
	}
	send(w, f.Status, requestID, body)
}

func send(w http.ResponseWriter, status int, requestID string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	w.Write(body) // a client that went away cannot be told
}

// encoded is a policy document in a reply: percent-encoded, as IAM gives them.
func encoded(doc string) string { return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20") }
