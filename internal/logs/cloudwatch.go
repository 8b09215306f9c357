package logs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Config is what the calls of CloudWatch Logs need. All fields are required.
type Config struct {
	Dir             string // the Collector's
	Region, Account string
	// Authorize decides whether the request's caller may do action on the
	// resource; its error is shown.
	Authorize func(r *http.Request, action, arn string) error
}

// Handler answers the calls of CloudWatch Logs that read: DescribeLogGroups,
// DescribeLogStreams, GetLogEvents and FilterLogEvents, in the protocol
// JSON 1.1. A log group is a cluster, a stream is a node.
// Source: Amazon CloudWatch Logs API Reference.
func Handler(cfg Config) http.Handler { return &handler{cfg} }

type handler struct{ Config }

// fault is an error of the service.
type fault struct{ code, message string }

func (f *fault) Error() string { return f.message }

// input is what any of the calls may be given.
type input struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogGroupNamePrefix  string   `json:"logGroupNamePrefix"`
	LogGroupNamePattern string   `json:"logGroupNamePattern"`
	LogStreamName       string   `json:"logStreamName"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	FilterPattern       string   `json:"filterPattern"`
	StartTime           *int64   `json:"startTime"` // milliseconds since 1970
	EndTime             *int64   `json:"endTime"`
	NextToken           string   `json:"nextToken"`
	Limit               int      `json:"limit"`
	StartFromHead       bool     `json:"startFromHead"`
}

// target begins the header that names the operation.
const target = "Logs_20140328."

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := h.answer(r)
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		f := &fault{"ServiceUnavailableException", "The logs could not be read."}
		if !errors.As(err, &f) {
			status = http.StatusInternalServerError
		}
		out = map[string]string{"__type": f.code, "message": f.message}
	}
	body, err := json.Marshal(out)
	if err != nil {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever has gone away needs no answer
}

func (h *handler) answer(r *http.Request) (any, error) {
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	calls := map[string]func(*http.Request, *input) (any, error){
		"DescribeLogGroups": h.describeGroups, "DescribeLogStreams": h.describeStreams,
		"GetLogEvents": h.getEvents, "FilterLogEvents": h.filterEvents,
	}
	call := calls[name]
	if call == nil {
		return nil, &fault{"UnknownOperationException", "The operation " + name + " is none of those that read logs."}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &fault{"SerializationException", "The request is no JSON object of the operation."}
	}
	resource := "*"
	if name != "DescribeLogGroups" {
		resource = h.arn(in.group()) + ":*"
	}
	if err := h.Authorize(r, "logs:"+name, resource); err != nil {
		return nil, &fault{"AccessDeniedException", err.Error()}
	}
	return call(r, &in)
}

func (h *handler) arn(group string) string {
	return "arn:aws:logs:" + h.Region + ":" + h.Account + ":log-group:" + group
}

// group is the name of the group that is asked for, of its ARN too.
func (in *input) group() string {
	if in.LogGroupName != "" {
		return in.LogGroupName
	}
	_, name, ok := strings.Cut(in.LogGroupIdentifier, ":log-group:")
	if !ok {
		return in.LogGroupIdentifier
	}
	return strings.TrimSuffix(name, ":*")
}

func (h *handler) describeGroups(_ *http.Request, in *input) (any, error) {
	groups, err := Groups(h.Dir)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, g := range groups {
		if name := g.Name(); strings.HasPrefix(name, in.LogGroupNamePrefix) && strings.Contains(name, in.LogGroupNamePattern) {
			out = append(out, map[string]any{
				"logGroupName": name, "arn": h.arn(name) + ":*", "logGroupArn": h.arn(name), "storedBytes": 0, "metricFilterCount": 0, "creationTime": 0,
			})
		}
	}
	return map[string]any{"logGroups": out}, nil
}

// lines reads what the request asks for.
func (h *handler) lines(in *input) ([]Line, error) {
	g, ok := parseGroup(in.group())
	missing := &fault{"ResourceNotFoundException", "The specified log group does not exist."}
	if !ok {
		return nil, missing
	}
	since := time.Time{}
	if in.StartTime != nil {
		since = time.UnixMilli(*in.StartTime)
	}
	all, err := Read(h.Dir, g, in.LogStreamNames, since)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing
	}
	lines := all[:0]
	for _, l := range all {
		if strings.HasPrefix(l.Node, in.LogStreamNamePrefix) && matches(in.FilterPattern, l.Text) &&
			(in.EndTime == nil || l.Time.UnixMilli() < *in.EndTime) {
			lines = append(lines, l)
		}
	}
	return lines, err
}

// matches is a filter pattern of terms: all of them must be there; one in
// quotes may have blanks, one after a hyphen must not be there.
func matches(pattern, text string) bool {
	for pattern = strings.TrimSpace(pattern); pattern != ""; pattern = strings.TrimSpace(pattern) {
		not := strings.HasPrefix(pattern, "-")
		pattern = strings.TrimPrefix(pattern, "-")
		term, rest, _ := strings.Cut(pattern, " ")
		if strings.HasPrefix(pattern, `"`) {
			term, rest, _ = strings.Cut(pattern[1:], `"`)
		}
		if strings.Contains(text, term) == not {
			return false
		}
		pattern = rest
	}
	return true
}

const maxEvents = 10_000 // the service's

// page cuts lines to one page that begins at a token.
func page(lines []Line, token string, limit int) (_ []Line, next string, err error) {
	from := 0
	if token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		if err == nil {
			from, err = strconv.Atoi(string(b))
		}
		if err != nil || from < 0 || from > len(lines) {
			return nil, "", &fault{"InvalidParameterException", "The specified nextToken is invalid."}
		}
	}
	if limit <= 0 || limit > maxEvents {
		limit = maxEvents
	}
	lines = lines[from:]
	if len(lines) > limit {
		lines = lines[:limit]
		next = base64.RawURLEncoding.EncodeToString(fmt.Append(nil, from+limit))
	}
	return lines, next, nil
}

func (h *handler) filterEvents(_ *http.Request, in *input) (any, error) {
	lines, err := h.lines(in)
	if err != nil {
		return nil, err
	}
	lines, next, err := page(lines, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	events := make([]map[string]any, len(lines))
	for i, l := range lines {
		events[i] = event(l)
		events[i]["logStreamName"], events[i]["eventId"] = l.Node, l.ID
	}
	out := map[string]any{"events": events, "searchedLogStreams": []any{}}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

func event(l Line) map[string]any {
	return map[string]any{"timestamp": l.Time.UnixMilli(), "ingestionTime": l.Time.UnixMilli(), "message": l.Text}
}

func (h *handler) getEvents(_ *http.Request, in *input) (any, error) {
	in.LogStreamNames = []string{in.LogStreamName}
	lines, err := h.lines(in)
	if err != nil {
		return nil, err
	}
	if in.NextToken == "" && !in.StartFromHead && in.Limit > 0 && len(lines) > in.Limit {
		lines = lines[len(lines)-in.Limit:]
	}
	lines, next, err := page(lines, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	if next == "" { // this call gives the same token again at the end
		next = in.NextToken
	}
	events := make([]map[string]any, len(lines))
	for i, l := range lines {
		events[i] = event(l)
	}
	return map[string]any{"events": events, "nextForwardToken": next, "nextBackwardToken": in.NextToken}, nil
}

func (h *handler) describeStreams(_ *http.Request, in *input) (any, error) {
	lines, err := h.lines(&input{LogGroupName: in.group()})
	if err != nil {
		return nil, err
	}
	streams, at := []map[string]any{}, map[string]int{}
	for _, l := range lines {
		if !strings.HasPrefix(l.Node, in.LogStreamNamePrefix) {
			continue
		}
		ms := l.Time.UnixMilli()
		i, ok := at[l.Node]
		if !ok {
			i, at[l.Node] = len(streams), len(streams)
			streams = append(streams, map[string]any{
				"logStreamName": l.Node, "arn": h.arn(in.group()) + ":log-stream:" + l.Node, "creationTime": ms, "firstEventTimestamp": ms, "storedBytes": 0,
			})
		}
		streams[i]["lastEventTimestamp"], streams[i]["lastIngestionTime"] = ms, ms
	}
	return map[string]any{"logStreams": streams}, nil
}
