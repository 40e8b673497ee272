package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"reglink/app"
)

// readinessTimeout is how long one look may take: whoever asks waits no longer than two seconds.
const readinessTimeout = 1500 * time.Millisecond

// errProbeRollback takes back what was written to try.
var errProbeRollback = errors.New("written to see whether it can be")

// Ready tells whether the portal can work with the database now: a node is synced where it is a Galera
// cluster, its tables are at least as new as the program, and it takes writes. What it writes it takes back.
// The error is an app.Unready with its cause. It answers within two seconds, whatever the database does.
// Whoever asks while others do, or within a second after them, is told the same.
func (s *Store) Ready(ctx context.Context) error {
	return s.readiness.latest(s.checkReady).wait(ctx)
}

func (s *Store) checkReady(ctx context.Context) error {
	if err := s.bun.PingContext(ctx); err != nil {
		return unreadyError(err, app.DatabaseUnresponsive)
	}
	if err := s.engine.checkUsable(ctx, s.bun); err != nil {
		return unreadyError(err, app.DatabaseUnresponsive)
	}
	missing, err := s.missingMigrations(ctx)
	if err != nil {
		return unreadyError(err, app.MigrationsMissing)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %v", app.MigrationsMissing, missing)
	}
	err = s.tryTransaction(ctx, func(ctx context.Context, tx *transaction) error {
		probe := app.LimitCount{Name: app.NewID(), Remaining: 1, EndsAt: time.Now().UTC().Truncate(time.Microsecond)}
		if _, err := tx.NewInsert().Model(&probe).Exec(ctx); err != nil {
			return err
		}
		return errProbeRollback
	})
	if errors.Is(err, errProbeRollback) {
		return nil
	}
	return unreadyError(err, app.DatabaseReadOnly)
}

// unreadyError gives what a failed look means, where the error itself says no more.
func unreadyError(err error, otherwise app.Unready) error {
	why := otherwise
	if _, ok := errors.AsType[notSyncedError](err); ok {
		why = app.NodeNotSynced
	} else if lostConnection(err) {
		why = app.DatabaseUnresponsive
	} else if _, ok := errors.AsType[app.Unready](err); ok {
		return err
	}
	return fmt.Errorf("%w: %w", why, err)
}

// missingMigrations are those of the program that the database has not had.
func (s *Store) missingMigrations(ctx context.Context) ([]string, error) {
	all, err := discoverMigrations(s.bun)
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

// readinessTTL is how long the answer of a look serves whoever asks after it: whoever watches asks less
// often, and whoever asks without end costs nothing.
const readinessTTL = time.Second

// readinessCache shares one look at the database among all who ask, however many they are.
type readinessCache struct {
	mu   sync.Mutex
	last *readinessProbe
}

// readinessProbe is one look, under way or ended.
type readinessProbe struct {
	timedOut <-chan struct{} // closed when it takes too long, at the latest when it has ended
	done     chan struct{}
	err      error // what it found, once it has ended
	at       time.Time
}

// latest gives the look that is under way, or has just ended, or a new one. One that hangs is waited for by
// itself, for a database that hangs is asked once, not again and again.
func (g *readinessCache) latest(probe func(context.Context) error) *readinessProbe {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil || g.last.stale() {
		g.last = startProbe(probe)
	}
	return g.last
}

// startProbe looks, whatever becomes of the one who asked first: others wait for the same answer.
func startProbe(probe func(context.Context) error) *readinessProbe {
	ctx, cancel := context.WithTimeout(context.Background(), readinessTimeout)
	l := &readinessProbe{timedOut: ctx.Done(), done: make(chan struct{})}
	go func() {
		defer cancel()
		l.err = probe(ctx)
		l.at = time.Now()
		close(l.done)
	}()
	return l
}

// stale tells whether it has ended too long ago to say how things are.
func (l *readinessProbe) stale() bool {
	return l.finished() && time.Since(l.at) >= readinessTTL
}

func (l *readinessProbe) finished() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// wait gives what the look found, or DatabaseUnresponsive once it takes too long: a driver may not heed its
// deadline at once.
func (l *readinessProbe) wait(ctx context.Context) error {
	select {
	case <-l.done:
	case <-l.timedOut:
	case <-ctx.Done():
	}
	if l.finished() {
		return l.err
	}
	return app.DatabaseUnresponsive
}
