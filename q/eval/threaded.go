package eval

// A port with a minus serves its clients beside each other, as q's multi-threaded
// input mode does: each on a thread of its own, which may read everything and
// update nothing. Whatever runs in turn (the console, scripts, the timer, and
// what comes in on handles that this side opened) has the engine to itself: it
// waits until the clients' requests have ended, and theirs wait for it.
// Source: KX manual, "Listening port", Multi-threaded input mode.

// servesBeside reports whether clients can be served beside each other, which
// nothing can that belongs to one of them and acts on the whole engine: a time
// limit, a log of updates, a debugger.
func (c *connections) servesBeside() bool {
	conf := &c.eng.conf
	return conf.timeoutSec == 0 && conf.errorTraps != 1 && c.eng.journal == nil
}

// clientThread returns the thread that serves a handle beside others, with the
// settings that hold now. Its random numbers are its own.
func (h *handle) clientThread(eng *Engine) *thread {
	if h.thread == nil {
		h.thread = eng.newThread()
		h.thread.sub, h.thread.client = true, true
		h.thread.env.Rand = newRand(eng.conf.seed + h.id)
		h.thread.env.Threads = 1
	}
	env := &h.thread.env
	env.Precision, env.WeekStart, env.DayFirst = eng.conf.precision, eng.conf.weekStart, eng.conf.dayFirst
	return h.thread
}

// maySend refuses the use of handles on the thread of a client, except for the
// one request of `:host:port "text".
func (th *thread) maySend(id int) error {
	if th.client && id > 2 && id != th.once {
		return errNoSocket
	}
	return nil
}
