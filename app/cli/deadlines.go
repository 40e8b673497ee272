package cli

import (
	"context"
	"time"

	"reglink/app"
)

// keepEvery is how late a deadline is kept at most; they are days.
const keepEvery = time.Minute

// startKeeping keeps the deadlines until ctx ends, the first time at once. Its channel is closed when that has ended.
func (s *server) startKeeping(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	deadlines := app.Deadlines{Store: s.store, Clock: s.clock}
	go func() {
		defer close(ended)
		every := time.NewTicker(keepEvery)
		defer every.Stop()
		for {
			s.keep(ctx, deadlines)
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
		}
	}()
	return ended
}

// keep does what is due. What a fault leaves undone is due again a minute later.
func (s *server) keep(ctx context.Context, deadlines app.Deadlines) {
	if err := deadlines.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("deadlines were not kept", "error", err)
	}
}

// after gives a channel that is closed when all of these are.
func after(ended ...<-chan struct{}) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		for _, one := range ended {
			<-one
		}
	}()
	return all
}
