package cli

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"reglink/app"
)

// followEvery is how late, at most, a program notices that the database names another key.
const followEvery = 5 * time.Second

// startKeyFollower has the portal seal with the key that the database names, until ctx ends. Its channel is closed
// when that has ended.
func (o *portal) startKeyFollower(ctx context.Context, log *slog.Logger) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		every := time.NewTicker(followEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
			if err := o.followKey(ctx); err != nil && ctx.Err() == nil {
				log.Error("the secret key could not be checked", "error", errorText(err, nil))
			}
		}
	}()
	return ended
}

// followKey takes the key that the database names. Whether there is one to take is remembered; a database that does
// not answer changes nothing about it.
func (o *portal) followKey(ctx context.Context) error {
	err := o.rules().SetUps.CheckKey(ctx)
	if err == nil || errors.Is(err, app.Conflict) {
		o.keyless.Store(err != nil)
	}
	return err
}
