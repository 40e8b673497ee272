package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// readyWithin is how long one look may take: whoever asks waits no longer than two seconds.
const readyWithin = 1500 * time.Millisecond

// errProbed takes back what was written to try.
var errProbed = errors.New("written to see whether it can be")

// Ready tells whether the portal can work with the database now: a node is synced where it is a Galera cluster, its tables are
// at least as new as the program, and it takes writes. What it writes it takes back. The error is an app.Unready with its cause. It
// answers within two seconds, whatever the database does. Whoever asks while others do, or within a second after them, is told the same.
func (s *Store) Ready(ctx context.Context) error {
	return s.glance.join(s.ready).answer(ctx)
}

func (s *Store) ready(ctx context.Context) error {
	if err := s.bun.PingContext(ctx); err != nil {
		return unready(err, app.DatabaseSilent)
	}
	if err := s.engine.usable(ctx, s.bun); err != nil {
		return unready(err, app.DatabaseSilent)
	}
	missing, err := s.missingMigrations(ctx)
	if err != nil {
		return unready(err, app.MigrationsMissing)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %v", app.MigrationsMissing, missing)
	}
	err = s.once(ctx, func(ctx context.Context, tx bun.Tx) error {
		probe := app.LimitCount{Name: app.NewID(), Remaining: 1, EndsAt: time.Now().UTC().Truncate(time.Microsecond)}
		if _, err := tx.NewInsert().Model(&probe).Exec(ctx); err != nil {
			return err
		}
		return errProbed
	})
	if errors.Is(err, errProbed) {
		return nil
	}
	return unready(err, app.DatabaseReadOnly)
}

// unready gives what a failed look means, where the error itself says no more.
func unready(err error, otherwise app.Unready) error {
	why := otherwise
	if _, ok := errors.AsType[notSyncedError](err); ok {
		why = app.NodeNotSynced
	} else if lostConnection(err) {
		why = app.DatabaseSilent
	} else if _, ok := errors.AsType[app.Unready](err); ok {
		return err
	}
	return fmt.Errorf("%w: %w", why, err)
}

// missingMigrations are those of the program that the database has not had.
func (s *Store) missingMigrations(ctx context.Context) ([]string, error) {
	all, err := discover(s.bun)
	if err != nil {
		return nil, err
	}
	var done, missing []string
	if err := s.bun.NewSelect().Table("bun_migrations").Column("name").Scan(ctx, &done); err != nil {
		return nil, err
	}
	for _, m := range all.Sorted() {
		if !slices.Contains(done, m.Name) {
			missing = append(missing, m.Name)
		}
	}
	return missing, nil
}

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
