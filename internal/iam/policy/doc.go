// Package policy is the IAM policy language: it reads documents, refuses the
// malformed ones naming the place, and says what a document makes of a request.
//
// The rules are those of the IAM user guide, "IAM JSON policy elements
// reference" and "Policy evaluation logic". Where a document asks for something
// this package does not know (a condition key that no part of the server
// supplies) the answer fails closed: an Allow does not apply, a Deny does.
package policy

// Kind says where a document will be used, which decides the elements it must have.
type Kind int

// The kinds.
const (
	Identity Kind = iota // permissions of a user or role; also boundaries and session policies
	Trust                // who may assume a role
)

// Document is a policy, read and compiled. It is immutable.
type Document struct {
	Version    string
	ID         string
	Statements []Statement

	source string
}

// Statement is one statement of a document.
type Statement struct {
	Sid        string
	Allow      bool
	Start, End Position // in the text of the document
	start, end int      // the same as offsets

	actions    []pattern
	notActions bool

	resources    []pattern
	notResources bool

	principals    []principal
	notPrincipals bool

	conditions []condition
}

// Source is the text of the document as it was written.
func (d *Document) Source() string { return d.source }

// Text is the source of a statement as it was written.
func (d *Document) Text(statement int) string {
	s := &d.Statements[statement]
	return d.source[s.start:s.end]
}

// Position is a place in a document's text, counted from 1. End is the place
// after the last character.
type Position struct{ Line, Column int }

// SyntaxError says where a document is malformed and why.
type SyntaxError struct {
	Place string // for instance Statement[1].Condition.StringEquals, "" for the whole document
	Text  string
}

func (e *SyntaxError) Error() string {
	if e.Place == "" {
		return e.Text
	}
	return e.Place + ": " + e.Text
}
