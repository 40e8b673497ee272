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

// ready wants the store to be ready, or unready for that reason, within two seconds.
func ready(t *testing.T, what string, s *db.Store, want error) {
	t.Helper()
	s.Forget()
	began := time.Now()
	err := s.Ready(t.Context())
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s: answered after %v", what, took)
	}
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := must(db.Open(t.Context(), databaseURL))(t)
		ready(t, "an empty database", s, app.MigrationsMissing)
		check(t, s.Migrate(t.Context()))
		ready(t, "a migrated one", s, nil)
		equal(t, "what was tried is taken back", must(s.Bun().NewSelect().Table("limit_counts").Count(t.Context()))(t), 0)
		raw := dbtest.Raw(t, databaseURL)
		must(raw.ExecContext(t.Context(), "INSERT INTO bun_migrations (name, group_id) VALUES ('9999', 99)"))(t)
		ready(t, "one that a newer program has migrated", s, nil)
		must(raw.ExecContext(t.Context(), "DELETE FROM bun_migrations WHERE name = '0012'"))(t)
		ready(t, "an older one", s, app.MigrationsMissing)
		check(t, s.Close())
		ready(t, "a closed store", s, app.DatabaseSilent)
	})
}

// A writer that does not end makes the portal unready and keeps nobody who asks waiting, however often.
func TestReadyWhileTheDatabaseHangs(t *testing.T) {
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
			ready(t, "while somebody else writes", s, app.DatabaseSilent)
		}
		must(conn.ExecContext(t.Context(), free))(t)
		awaitReady(t, s)
	})
}

// However many ask at once, one of them looks, and none is told of a database that is well that it is not.
func TestReadyForACrowd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		check(t, s.Ready(t.Context()))
		alone := s.Statements()
		s.Forget()
		check(t, s.Ready(t.Context()))
		alone = s.Statements() - alone
		s.Forget()
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
		s.Forget()
	}
	t.Errorf("not ready again: %v", err)
}

func TestReadyOnAServerThatFails(t *testing.T) {
	t.Parallel()
	server := dbtest.NewOwn(t)
	s := dbtest.Open(t, server.URL())
	check(t, s.Migrate(t.Context()))
	server.Exec("SET GLOBAL read_only = ON")
	ready(t, "read-only", s, app.DatabaseReadOnly)
	server.Exec("SET GLOBAL read_only = OFF")
	ready(t, "writable again", s, nil)
	server.Kill()
	ready(t, "killed", s, app.DatabaseSilent)
	server.Start()
	awaitReady(t, s)
}

// A disk that takes no more files is no place for what people send, although the database still answers.
func TestReadyOnADiskThatTakesNothing(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	s := dbtest.Open(t, databaseURL)
	check(t, s.Migrate(t.Context()))
	probe := strings.TrimPrefix(databaseURL, "sqlite:") + ".probe"
	check(t, os.Mkdir(probe, 0o700))
	check(t, os.WriteFile(filepath.Join(probe, "full"), nil, 0o600)) // so that it cannot be removed either
	ready(t, "nothing can be written", s, app.DatabaseReadOnly)
	check(t, os.RemoveAll(probe))
	ready(t, "there is room again", s, nil)
}
