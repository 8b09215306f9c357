// Package call is `quoin call`: every operation of the API as a command, made
// from the schema when it runs. It works with any endpoint and is configured
// as other AWS tools are.
package call

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
	"github.com/quoinhq/quoin/internal/restjson"
)

// Tool is the command with what it works on.
type Tool struct {
	Out, Err io.Writer

	// Load reads the configuration of a profile, "" for the one that is set.
	Load func(profile string) (finspace.Config, error)

	// ReadFile reads the files that arguments name.
	ReadFile func(name string) ([]byte, error)
}

// New returns the tool of a program: it reads files, and its configuration
// from the environment.
func New(out, err io.Writer) *Tool {
	return &Tool{Out: out, Err: err, Load: finspace.LoadConfig, ReadFile: os.ReadFile}
}

// Exit codes of Run.
const (
	exitOK     = 0
	exitFailed = 1 // the service refused, or could not be reached
	exitUsage  = 2 // nothing was sent
)

// usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Run executes one command line: the arguments after `quoin call`. It returns
// the exit code: 0 if it worked, 1 if the call failed, 2 if nothing was sent.
// A failure is one line on Err.
func (t *Tool) Run(ctx context.Context, args []string) int {
	err := t.run(ctx, args)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(t.Err, "quoin: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func (t *Tool) run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		return t.print(overview())
	}
	if args[0] == completeWord {
		return t.print(lines(complete(args[1:])))
	}
	op := find(args[0])
	if op == nil {
		return misused("there is no operation %q; quoin call --help lists them", args[0])
	}
	line, err := parse(op, args[1:])
	if err != nil {
		return err
	}
	if line.help {
		return t.print(operationHelp(op))
	}
	return t.call(ctx, op, line)
}

func (t *Tool) print(text string) error {
	_, err := io.WriteString(t.Out, text)
	return err
}

func lines(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s + "\n")
	}
	return b.String()
}

// find returns the operation of that name on the command line, or nil.
func find(name string) *schema.Operation {
	for _, op := range finspace.Schema().Operations {
		if kebab(op.Name) == name {
			return op
		}
	}
	return nil
}

// call sends the request and prints the reply.
func (t *Tool) call(ctx context.Context, op *schema.Operation, line *line) error {
	codec := restjson.NewOperation(op)
	input, err := t.input(codec, line)
	if err != nil {
		return err
	}
	show, err := newPrinter(line)
	if err != nil {
		return err
	}
	wait := waits[op.Name]
	if line.wait && wait == nil {
		return misused("%s has nothing to wait for", kebab(op.Name))
	}
	client, err := t.client(line)
	if err != nil {
		return err
	}
	out, err := client.Invoke(ctx, op.Name, input)
	if err != nil {
		return err
	}
	if op.Paging != nil && line.everyPage() {
		if out, err = morePages(ctx, client, op, input, out); err != nil {
			return err
		}
	}
	if line.wait {
		ctx, cancel := context.WithTimeout(ctx, line.timeout)
		defer cancel()
		name, waited, err := wait(ctx, client, input, out)
		if err != nil {
			return err
		}
		if waited == nil {
			return nil
		}
		codec, out = restjson.NewOperation(finspace.Schema().Operation(name)), waited
	}
	return show.print(t.Out, codec, out)
}

func (t *Tool) client(line *line) (*finspace.Client, error) {
	cfg, err := t.Load(line.profile)
	if err != nil {
		return nil, misused("%v%s", err, hint)
	}
	if line.endpoint != "" {
		cfg.Endpoint = line.endpoint
	}
	if line.region != "" {
		cfg.Region = line.region
	}
	client, err := finspace.New(cfg)
	if err != nil {
		return nil, misused("%v%s", err, hint)
	}
	return client, nil
}

// hint ends the texts of errors in the configuration.
const hint = ` (for the server of this machine: eval "$(quoin env)")`

// input makes the operation's input of the --input document and the flags,
// which win over it.
func (t *Tool) input(codec *restjson.Operation, line *line) (any, error) {
	doc := make(map[string]json.RawMessage)
	if line.input != "" {
		text, err := t.text(line.input)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			return nil, misused("--input is no JSON object: %v", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(line.members)) {
		m := codec.Input.Member(name)
		fragment, err := t.fragment(m.Shape, line.members[name])
		if err != nil {
			return nil, misused("--%s: %v", kebab(name), err)
		}
		doc[name] = fragment
	}
	var missing []string
	for i := range codec.Input.Members {
		if m := &codec.Input.Members[i]; m.Required && !m.Token && doc[m.Name] == nil {
			missing = append(missing, "--"+kebab(m.Name))
		}
	}
	if len(missing) > 0 {
		return nil, misused("%s needs %s", kebab(codec.Name), strings.Join(missing, ", "))
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, misused("%v", err)
	}
	in, err := codec.DecodeInput(text)
	if err != nil {
		return nil, misused("%s: %v", kebab(codec.Name), err)
	}
	return in, nil
}

// morePages appends the entries of the pages after the first to it.
func morePages(ctx context.Context, client *finspace.Client, op *schema.Operation, input, first any) (any, error) {
	token := func(out any) *string {
		return reflect.ValueOf(out).Elem().FieldByName(op.Output.Member(op.Paging.Token).Field).Interface().(*string)
	}
	items := reflect.ValueOf(first).Elem().FieldByName(op.Output.Member(op.Paging.Items).Field)
	for next := token(first); next != nil; {
		reflect.ValueOf(input).Elem().FieldByName(op.Input.Member(op.Paging.Token).Field).Set(reflect.ValueOf(next))
		page, err := client.Invoke(ctx, op.Name, input)
		if err != nil {
			return nil, err
		}
		items.Set(reflect.AppendSlice(items, reflect.ValueOf(page).Elem().FieldByName(op.Output.Member(op.Paging.Items).Field)))
		after := token(page)
		if after != nil && *after == *next {
			return nil, errors.New("the server gave the same page token twice")
		}
		next = after
	}
	reflect.ValueOf(first).Elem().FieldByName(op.Output.Member(op.Paging.Token).Field).SetZero()
	return first, nil
}

// defaultTimeout is how long --wait waits.
const defaultTimeout = 30 * time.Minute
