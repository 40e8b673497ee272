package db

import (
	"context"
	"sync"
	"time"

	"reglink/app"
)

// glanceFor is how long the answer of a look serves whoever asks after it: whoever watches asks less often, and whoever asks without
// end costs nothing.
const glanceFor = time.Second

// glance shares one look at the database among all who ask, however many they are.
type glance struct {
	mu   sync.Mutex
	last *look
}

// look is one look, under way or ended.
type look struct {
	late  <-chan struct{} // closed when it takes too long, at the latest when it has ended
	ended chan struct{}
	err   error // what it found, once it has ended
	at    time.Time
}

// join gives the look that is under way, or has just ended, or a new one. One that hangs is waited for by itself, for a database that
// hangs is asked once, not again and again.
func (g *glance) join(probe func(context.Context) error) *look {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil || g.last.stale() {
		g.last = newLook(probe)
	}
	return g.last
}

// newLook looks, whatever becomes of the one who asked first: others wait for the same answer.
func newLook(probe func(context.Context) error) *look {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	l := &look{late: ctx.Done(), ended: make(chan struct{})}
	go func() {
		defer cancel()
		l.err = probe(ctx)
		l.at = time.Now()
		close(l.ended)
	}()
	return l
}

// stale tells whether it has ended too long ago to say how things are.
func (l *look) stale() bool {
	return l.over() && time.Since(l.at) >= glanceFor
}

func (l *look) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// answer gives what the look found, or DatabaseSilent once it takes too long: a driver may not heed its deadline at once.
func (l *look) answer(ctx context.Context) error {
	select {
	case <-l.ended:
	case <-l.late:
	case <-ctx.Done():
	}
	if l.over() {
		return l.err
	}
	return app.DatabaseSilent
}
