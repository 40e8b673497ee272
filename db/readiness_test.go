package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// callConcurrently has many ask at once and wants all of them to be told that, after that time.
func callConcurrently(t *testing.T, ask func(context.Context) error, want error, after time.Duration) {
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
func TestReadiness_ConcurrentCallersShareOneProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		ask := db.NewReadiness(func(context.Context) error {
			looks.Add(1)
			<-time.After(time.Second)
			return nil
		})
		callConcurrently(t, ask, nil, time.Second)
		<-time.After(999 * time.Millisecond)
		callConcurrently(t, ask, nil, 0)
		equal(t, "looks within a second", looks.Load(), 1)
		<-time.After(time.Millisecond)
		callConcurrently(t, ask, nil, time.Second)
		equal(t, "looks afterwards", looks.Load(), 2)
	})
}

// A database that hangs is asked once, and whoever asks meanwhile is answered in time; once it goes on, it is
// looked at anew.
func TestReadiness_HangingProbeRunsOnceAndTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		free := make(chan struct{})
		ask := db.NewReadiness(func(context.Context) error { // it heeds no deadline
			looks.Add(1)
			<-free
			return nil
		})
		callConcurrently(t, ask, app.DatabaseUnresponsive, 1500*time.Millisecond)
		callConcurrently(t, ask, app.DatabaseUnresponsive, 0)
		equal(t, "looks at what hangs", looks.Load(), 1)
		close(free)
		synctest.Wait()
		callConcurrently(t, ask, nil, 0)
	})
}

// Whoever asks first and goes away takes the answer from nobody.
func TestReadiness_ProbeOutlivesItsFirstCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ask := db.NewReadiness(func(ctx context.Context) error {
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
		callConcurrently(t, ask, nil, time.Second)
	})
}

// expectReady wants the store to be ready, or unready for that reason, within two seconds.
func expectReady(t *testing.T, what string, s *db.Store, want error) {
	t.Helper()
	s.ExpireReadiness()
	began := time.Now()
	err := s.Ready(t.Context())
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s: answered after %v", what, took)
	}
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestReady_ReportsMissingMigrationsAndAClosedStore(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := must(db.Open(t.Context(), databaseURL))(t)
		expectReady(t, "an empty database", s, app.MigrationsMissing)
		check(t, s.Migrate(t.Context()))
		expectReady(t, "a migrated one", s, nil)
		equal(t, "what was tried is taken back", must(s.Bun().NewSelect().Table("limit_counts").Count(t.Context()))(t), 0)
		raw := dbtest.Raw(t, databaseURL)
		must(raw.ExecContext(t.Context(), "INSERT INTO bun_migrations (name, group_id) VALUES ('9999', 99)"))(t)
		expectReady(t, "one that a newer program has migrated", s, nil)
		must(raw.ExecContext(t.Context(), "DELETE FROM bun_migrations WHERE name = '0012'"))(t)
		expectReady(t, "an older one", s, app.MigrationsMissing)
		check(t, s.Close())
		expectReady(t, "a closed store", s, app.DatabaseUnresponsive)
	})
}

// A writer that does not end makes the portal unready and keeps nobody who asks waiting, however often.
func TestReady_BlockedDatabaseIsReportedInTime(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		conn := must(dbtest.Raw(t, databaseURL).Conn(t.Context()))(t)
		defer conn.Close()
		hold, free := "BEGIN IMMEDIATE", "ROLLBACK"
		if engineName(databaseURL) == "mysql" {
			hold, free = "LOCK TABLES limit_counts WRITE", "UNLOCK TABLES"
		}
		must(conn.ExecContext(t.Context(), hold))(t)
		for range 2 {
			expectReady(t, "while somebody else writes", s, app.DatabaseUnresponsive)
		}
		must(conn.ExecContext(t.Context(), free))(t)
		awaitReady(t, s)
	})
}

// However many ask at once, one of them looks, and none is told of a database that is well that it is not.
func TestReady_ManyCallersCostOneProbe(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		check(t, s.Ready(t.Context()))
		alone := s.Statements()
		s.ExpireReadiness()
		check(t, s.Ready(t.Context()))
		alone = s.Statements() - alone
		s.ExpireReadiness()
		before := s.Statements()
		var crowd sync.WaitGroup
		for range 1000 {
			crowd.Go(func() {
				if err := s.Ready(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		crowd.Wait()
		if sent := s.Statements() - before; sent > 3*alone { // two more where the machine takes longer than a second
			t.Errorf("%d statements for a crowd, %d for one", sent, alone)
		}
	})
}

// awaitReady waits until what hung before has ended; a connection that is begun anew takes its time.
func awaitReady(t *testing.T, s *db.Store) {
	t.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if err = s.Ready(t.Context()); err == nil {
			return
		}
		s.ExpireReadiness()
	}
	t.Errorf("not ready again: %v", err)
}

func TestReady_ReadOnlyAndKilledServersAreReported(t *testing.T) {
	t.Parallel()
	server := dbtest.NewProcess(t)
	s := dbtest.Open(t, server.URL())
	check(t, s.Migrate(t.Context()))
	server.Exec("SET GLOBAL read_only = ON")
	expectReady(t, "read-only", s, app.DatabaseReadOnly)
	server.Exec("SET GLOBAL read_only = OFF")
	expectReady(t, "writable again", s, nil)
	server.Kill()
	expectReady(t, "killed", s, app.DatabaseUnresponsive)
	server.Start()
	awaitReady(t, s)
}

// A disk that takes no more files is no place for what people send, although the database still answers.
func TestReady_FullDiskIsReportedReadOnly(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	s := dbtest.Open(t, databaseURL)
	check(t, s.Migrate(t.Context()))
	probe := strings.TrimPrefix(databaseURL, "sqlite:") + ".probe"
	check(t, os.Mkdir(probe, 0o700))
	check(t, os.WriteFile(filepath.Join(probe, "full"), nil, 0o600)) // so that it cannot be removed either
	expectReady(t, "nothing can be written", s, app.DatabaseReadOnly)
	check(t, os.RemoveAll(probe))
	expectReady(t, "there is room again", s, nil)
}
