package db_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reglink/app"
	"reglink/db"
)

// all has many ask at once and wants all of them to be told that, after that time.
func all(t *testing.T, ask func(context.Context) error, want error, after time.Duration) {
	t.Helper()
	began := time.Now()
	var asking sync.WaitGroup
	for range 3000 {
		asking.Go(func() {
			if err := ask(t.Context()); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
	asking.Wait()
	if took := time.Since(began); took != after {
		t.Errorf("answered after %v, want %v", took, after)
	}
}

// A look that takes its time is one look, its answer serves for a second, and a slow crowd makes no database silent.
func TestOneLookForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		ask := db.Glances(func(context.Context) error {
			looks.Add(1)
			<-time.After(time.Second)
			return nil
		})
		all(t, ask, nil, time.Second)
		<-time.After(999 * time.Millisecond)
		all(t, ask, nil, 0)
		equal(t, "looks within a second", looks.Load(), 1)
		<-time.After(time.Millisecond)
		all(t, ask, nil, time.Second)
		equal(t, "looks afterwards", looks.Load(), 2)
	})
}

// A database that hangs is asked once, and whoever asks meanwhile is answered in time; once it goes on, it is looked at anew.
func TestALookThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		free := make(chan struct{})
		ask := db.Glances(func(context.Context) error { // it heeds no deadline
			looks.Add(1)
			<-free
			return nil
		})
		all(t, ask, app.DatabaseSilent, 1500*time.Millisecond)
		all(t, ask, app.DatabaseSilent, 0)
		equal(t, "looks at what hangs", looks.Load(), 1)
		close(free)
		synctest.Wait()
		all(t, ask, nil, 0)
	})
}

// Whoever asks first and goes away takes the answer from nobody.
func TestALookOutlivesWhoAskedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ask := db.Glances(func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return nil
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		go func() { _ = ask(ctx) }()
		synctest.Wait()
		leave()
		all(t, ask, nil, time.Second)
	})
}
