package app

import (
	"context"
	"runtime"
	"sync/atomic"
)

// queue is who waits for a core to hash on, first come, first served.
type queue struct {
	places  []chan struct{} // to be taken one after the other; the last one is a core
	waiting atomic.Int64
	refused atomic.Int64
}

// maxWaiting bounds a queue: about four seconds of work on two cores at OWASP's minimum.
const maxWaiting = 256

// queues are that of passwords that somebody proves and that of passwords that somebody chooses. Before the cores there is one place a core
// for the second sort, and those who have none wait for it in front: so whoever signs in has at most as many of a crowd that
// registers before them as there are cores, besides the hashes that run (T-35).
func queues() (*queue, *queue) {
	cores := make(chan struct{}, runtime.NumCPU())
	door := make(chan struct{}, cap(cores))
	return &queue{places: []chan struct{}{cores}}, &queue{places: []chan struct{}{door, cores}}
}

// turn waits for a core, and gives what gives it back. When too many wait already, or ctx ends, the error is Unavailable.
func (q *queue) turn(ctx context.Context) (func(), error) {
	if q.waiting.Add(1) > maxWaiting {
		q.waiting.Add(-1)
		return nil, q.refuse()
	}
	defer q.waiting.Add(-1)
	for i, place := range q.places {
		if !take(ctx, place) {
			leave(q.places[:i])
			return nil, q.refuse()
		}
	}
	return func() { leave(q.places) }, nil
}

func (q *queue) refuse() error {
	q.refused.Add(1)
	return Refuse(Unavailable, "busy")
}

// running is how many have a core now, of both queues.
func (q *queue) running() int { return len(q.places[len(q.places)-1]) }

func take(ctx context.Context, place chan<- struct{}) bool {
	if ctx.Err() != nil { // select would choose at random
		return false
	}
	select {
	case place <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func leave(places []chan struct{}) {
	for _, place := range places {
		<-place
	}
}
