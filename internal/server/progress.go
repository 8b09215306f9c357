package server

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
)

// ProgressType is what a caller accepts who wants to hear of an operator call
// while it runs. The reply is then lines of News, if it takes long enough for
// there to be any.
const ProgressType = "application/x-ndjson"

// News is one line of such a reply. The last one has Reply or Error.
type News struct {
	Progress *blob.Progress  `json:",omitempty"`
	Reply    json.RawMessage `json:",omitempty"`
	Error    string          `json:",omitempty"`
}

// newsletter writes lines of News while a call runs.
type newsletter struct {
	x     *exchange
	meter *blob.Meter
	stop  chan struct{}
	work  sync.WaitGroup

	began bool // a line was written; read once work has ended
}

// subscribe has the caller of x hear of it now and then, if that is wanted. A nil newsletter
// is one that nobody wanted.
func subscribe(x *exchange, each time.Duration) *newsletter {
	if x.r.Header.Get("Accept") != ProgressType {
		return nil
	}
	n := &newsletter{x: x, meter: &blob.Meter{}, stop: make(chan struct{})}
	x.ctx = blob.WithMeter(x.ctx, n.meter)
	n.work.Go(func() { n.run(each) })
	return n
}

func (n *newsletter) run(each time.Duration) {
	tick := time.NewTicker(each)
	defer tick.Stop()
	for {
		select {
		case <-n.stop:
			return
		case <-n.x.ctx.Done():
			return
		case <-tick.C:
		}
		now := n.meter.Progress()
		n.write(News{Progress: &now})
	}
}

// write sends a line. A caller that has gone away ends the request's context.
func (n *newsletter) write(line News) {
	if !n.began {
		n.began = true
		n.x.w.Header().Set("Content-Type", ProgressType)
		n.x.w.WriteHeader(http.StatusOK)
	}
	_ = json.NewEncoder(&n.x.w).Encode(line)
	_ = http.NewResponseController(&n.x.w).Flush()
}

// end stops the news, and reports whether there was any: then the outcome is
// its last line.
func (n *newsletter) end() bool {
	if n == nil {
		return false
	}
	close(n.stop)
	n.work.Wait()
	return n.began
}

// deliver ends a reply that began with news.
func (n *newsletter) deliver(reply any, err error) error {
	if err != nil {
		n.write(News{Error: describe(n.x.service.protocol, err).message})
		return err
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	n.write(News{Reply: text})
	return nil
}

// ImportsReply lists the changesets that are being imported.
type ImportsReply struct{ Imports []control.Import }

func (s *Server) listImports(*exchange) (any, error) { return ImportsReply{s.control.Imports()}, nil }
