package eval

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// journal is -l and -L: messages that change a global of the default namespace
// go to NAME.log, and \l writes all such globals to NAME.qdb and begins the log
// anew. A process that starts loads NAME.q, then NAME.qdb, then replays
// NAME.log.
//
// The first message of a log is a name for it in a comment, which evaluates to
// nothing. NAME.qdb says which log it has in it, so that a checkpoint that was
// interrupted between its two files is completed and not replayed twice.
//
// A message that fails after it changed something is not rolled back, as that
// would need a copy of everything for each message. It is logged like the
// others and fails again when it is replayed, so that a restart comes to the
// same state.
//
// Source: KX manual, "Using log files".
type journal struct {
	base string // absolute, without extension
	sync bool   // -L: each message is on disk before it is answered
	log  *file.Log
	mark string
}

// openJournal restores what a journal holds and goes on with it.
func (eng *Engine) openJournal(base string, sync bool) error {
	j := &journal{base: base, sync: sync}
	th := eng.main
	covered, err := j.restore(th)
	if err != nil {
		return err
	}
	p, err := th.path(base+".log", Write)
	if err != nil {
		return err
	}
	first, err := firstMessage(p)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return osError(base+".log", err)
	case first != "" && first == covered:
		if err := os.Remove(p); err != nil {
			return osError(base+".log", err)
		}
		first = ""
	}
	if err := j.open(th, p, first); err != nil {
		return osError(base+".log", err)
	}
	_, err = file.ReplayLog(p, atMost(-1), func(_ int, m kdb.Value) error {
		_, err := th.eng.guard(func() (kdb.Value, error) { return th.valueOf(th.localise(m)) })
		if err = th.finish(err); err != nil {
			eng.report(err)
		}
		return nil
	})
	if err != nil {
		return osError(base+".log", err)
	}
	eng.journal = j
	return nil
}

// restore sets the globals of NAME.qdb, and returns the name of the log that it
// covers.
func (j *journal) restore(th *thread) (covered string, err error) {
	name := j.base + ".qdb"
	p, err := th.path(name, Read)
	if err != nil {
		return "", err
	}
	v, err := file.Read(p, th.domainsAt(p))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", osError(name, err)
	}
	d, ok := v.(*kdb.Dict)
	keys, isSyms := symbolKeys(d, ok)
	if !isSyms {
		return "", kdb.Error(name)
	}
	for i, k := range keys {
		x := th.localise(item(d.V, i))
		if k == (kdb.Symbol{}) {
			covered, _ = stringOf(x)
			continue
		}
		if err := th.setRoot(k.String(), x); err != nil {
			return "", err
		}
	}
	return covered, nil
}

// firstMessage returns the text of a log's first message, "" where it has none
// or one that is no text.
func firstMessage(p string) (string, error) {
	text := ""
	_, err := file.ReplayLog(p, 1, func(_ int, m kdb.Value) error {
		text, _ = stringOf(m)
		return nil
	})
	if !strings.HasPrefix(text, "/ ") {
		text = ""
	}
	return text, err
}

// open opens the log, whose name is mark, or "" for one that has none yet.
func (j *journal) open(th *thread, p, mark string) error {
	log, _, err := file.OpenLog(p)
	if err != nil {
		return err
	}
	if j.log, j.mark = log, mark; mark == "" && log.State().Messages == 0 {
		var b [8]byte
		th.eng.sys.Entropy(b[:])
		j.mark = "/ log " + hex.EncodeToString(b[:])
		if err := log.Append(kdb.Str(j.mark)); err != nil {
			return err
		}
	}
	return log.Sync()
}

// add logs a message.
func (j *journal) add(m kdb.Value) error {
	if err := j.log.Append(outgoing(m)); err != nil {
		return osError(j.base+".log", err)
	}
	if j.sync {
		if err := j.log.Sync(); err != nil {
			return osError(j.base+".log", err)
		}
	}
	return nil
}

// logged evaluates a message and logs it if it changed something.
func (eng *Engine) logged(m kdb.Value, evaluate func() (kdb.Value, error)) (kdb.Value, error) {
	if eng.journal == nil {
		return evaluate()
	}
	before := eng.changes
	share(m)
	v, err := evaluate()
	if eng.changes != before {
		if err := eng.journal.add(m); err != nil {
			return nil, err
		}
	}
	return v, err
}

// checkpoint is \l: the globals to NAME.qdb, and a new log.
func (j *journal) checkpoint(th *thread) error {
	keys, vals := []kdb.Symbol{{}}, []kdb.Value{kdb.Str(j.mark)}
	for _, v := range th.eng.names.space("").order {
		if _, mapped := v.v.(*partitioned); mapped || v.view != nil {
			continue
		}
		keys, vals = append(keys, v.name), append(vals, outgoing(v.v))
	}
	p, err := th.path(j.base+".qdb", Write)
	if err != nil {
		return err
	}
	if err := file.Write(p, kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...)), nil); err != nil {
		return osError(j.base+".qdb", err)
	}
	old := j.log
	if p, err = th.path(j.base+".log", Write); err != nil {
		return err
	}
	if err := errors.Join(old.Close(), os.Remove(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return osError(j.base+".log", err)
	}
	if err := j.open(th, p, ""); err != nil {
		return osError(j.base+".log", err)
	}
	return nil
}

// close ends logging.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.log.Close()
}
