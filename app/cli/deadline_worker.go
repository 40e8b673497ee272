package cli

import (
	"context"
	"time"

	"reglink/app"
)

// deadlinesEvery is how late, at most, a deadline is met; they are days.
const deadlinesEvery = time.Minute

// startDeadlines does what deadlines ask for until ctx ends, the first time immediately. Its channel is closed when
// that has ended.
func (s *server) startDeadlines(ctx context.Context, deadlines app.Deadlines) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		every := time.NewTicker(deadlinesEvery)
		defer every.Stop()
		for {
			s.meetDeadlines(ctx, deadlines)
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
		}
	}()
	return ended
}

// meetDeadlines does what is due. What a fault leaves undone is due again a minute later.
func (s *server) meetDeadlines(ctx context.Context, deadlines app.Deadlines) {
	if err := deadlines.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("deadlines were not kept", "error", err)
	}
}

// allClosed returns a channel that is closed when all of these are.
func allClosed(ended ...<-chan struct{}) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		for _, one := range ended {
			<-one
		}
	}()
	return all
}
