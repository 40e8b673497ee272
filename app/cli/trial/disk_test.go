package trial_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// smallDisk is a file system of its own that a test can fill.
type smallDisk struct {
	t      *testing.T
	folder string
}

// newSmallDisk mounts one of that many megabytes in main memory, where that is allowed: it takes root's rights.
func newSmallDisk(t *testing.T, megabytes int) (smallDisk, bool) {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0700", megabytes), "tmpfs",
		folder).CombinedOutput(); err != nil {
		t.Logf("no file system of our own can be mounted: %v %s", err, out)
		return smallDisk{}, false
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return smallDisk{t, folder}, true
}

func (d smallDisk) ballast() string { return filepath.Join(d.folder, "ballast") }

// fill leaves nothing free.
func (d smallDisk) fill() {
	d.t.Helper()
	file, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	block := make([]byte, 4096)
	for {
		if _, err := file.Write(block); err != nil {
			break
		}
	}
	if err := file.Close(); err != nil {
		d.t.Fatal(err)
	}
}

func (d smallDisk) free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

func (d smallDisk) remount(how string) error {
	out, err := exec.Command("mount", "-o", "remount,"+how, d.folder).CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

// sizeLimit stands in for a small disk where none can be mounted: no file of the program may grow, by RLIMIT_FSIZE.
type sizeLimit struct {
	t      *testing.T
	server *trial.Server
}

func (l sizeLimit) fill() { l.set("4096") }

func (l sizeLimit) free() { l.set("unlimited") }

func (l sizeLimit) set(bytes string) {
	l.t.Helper()
	if out, err := exec.Command("prlimit", "--pid", fmt.Sprint(l.server.PID()), "--fsize="+bytes+
		":unlimited").CombinedOutput(); err != nil {
		l.t.Fatalf("prlimit: %v %s", err, out)
	}
}

// room is what a database grows in.
type room interface {
	fill()
	free()
	revive() // what could not bear it and has a supervisor
}

func (smallDisk) revive() {}

func (sizeLimit) revive() {}

// ownDisk is the disk of a database server.
type ownDisk struct {
	smallDisk

	server *dbtest.Process
}

func (d ownDisk) revive() { d.server.StartIfEnded() }

// fullAgainAndAgain fills the disk under a crowd, waits until people are told to try again, and frees it:
// without a restart of ours, the next ones must be registered.
func fullAgainAndAgain(t *testing.T, disk room, crowd *trial.Load, times int) {
	t.Helper()
	for range times {
		untilOneMore(crowd)
		before := crowd.Away()
		for end := time.Now().Add(time.Minute); crowd.Away() < before+3; time.Sleep(10 * time.Millisecond) {
			disk.fill()
			if time.Now().After(end) {
				t.Fatal("a full disk was no trouble for a minute")
			}
		}
		disk.free()
		registered := crowd.Acknowledged()
		untilNone(t, "people who register after the disk is free again", func() int {
			disk.revive()
			return registered + 1 - crowd.Acknowledged()
		})
	}
}

// K-4 for the embedded database: the disk is full, again and again.
func TestDiskIsFull(t *testing.T) {
	faults(t)
	t.Run("by a small disk", func(t *testing.T) {
		t.Parallel()
		disk, ok := newSmallDisk(t, 8)
		if !ok {
			t.Skip("see there")
		}
		file := "sqlite:" + filepath.Join(disk.folder, "reglink.db")
		site := trial.NewSite(t, file)
		fills(t, site, func(*trial.Server) room { return disk }, "K-4 full disk (tmpfs), SQLite")
	})
	t.Run("by a limit", func(t *testing.T) {
		t.Parallel()
		site := trial.NewSite(t, dbtest.SQLite(t))
		fills(t, site, func(server *trial.Server) room { return sizeLimit{t, server} },
			"K-4 files that may not grow (RLIMIT_FSIZE), SQLite")
	})
}

func fills(t *testing.T, site *trial.Site, in func(*trial.Server) room, run string) {
	t.Helper()
	times, seed := rounds(t, 5), trial.Seed()
	server := site.Start(site.Databases[0])
	site.Settle(server, 2)
	crowd := site.Load(trial.Mix{Registrants: 4, Retries: true, Seed: seed}, server)
	fullAgainAndAgain(t, in(server), crowd, times)
	crowd.Stop()
	settled(t, site, server, crowd, times, trial.Row{Run: run, Seed: seed})
}

// K-4: a folder that cannot be written to is refused at start in one sentence, and is no trouble afterwards.
func TestDiskIsReadOnly(t *testing.T) {
	faults(t)
	disk, ok := newSmallDisk(t, 8)
	if !ok {
		t.Skip("see there")
	}
	file := "sqlite:" + filepath.Join(disk.folder, "reglink.db")
	site := trial.NewSite(t, file)
	server := site.Start(file)
	site.Settle(server, 2)
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if err := disk.remount("ro"); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(); err == nil || strings.Count(server.Said(), "\nreglink: ") != 1 {
		t.Errorf("on a disk that cannot be written to it started (%v), or did not say why not:\n%s", err, server.Said())
	}
	if err := disk.remount("rw"); err != nil {
		t.Fatal(err)
	}
	server.MustRestart()
	crowd := site.Load(trial.Mix{Registrants: 1, Forms: 1}, server)
	crowd.Finish()
	trial.Report(trial.Row{
		Run: "K-4 read-only disk at the start (tmpfs), SQLite", Times: 1,
		Verdict: site.Check(crowd, server, 0),
	})
}

// becomesUnready waits until the portal says that its database is away: a server that stops takes nobody new
// at once, and serves the connections that it has for a moment longer.
func becomesUnready(t *testing.T, site *trial.Site, server *trial.Server) {
	t.Helper()
	watcher := site.SignIn(server, "")
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if status, _ := watcher.Read("/readyz"); status == http.StatusServiceUnavailable {
			return
		}
	}
	t.Error("without a database it stays ready")
}

// A database server is restarted, killed and left without a disk, under a portal that goes on.
func TestDatabaseServerFaults(t *testing.T) {
	faults(t)
	t.Run("restart and kill", func(t *testing.T) {
		t.Parallel()
		times, seed := rounds(t, 6), trial.Seed()
		own := dbtest.NewProcess(t)
		site := trial.NewSite(t, own.URL())
		server := site.Start(own.URL())
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 4, Supers: 1, Retries: true, Pause: time.Second, Seed: seed}, server)
		random := crowd.Random("kills")
		for round := range times {
			untilOneMore(crowd)
			time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
			if round%2 == 0 {
				own.Kill()
			} else {
				own.Stop()
			}
			becomesUnready(t, site, server)
			own.Start()
		}
		untilOneMore(crowd)
		crowd.Stop()
		settled(t, site, server, crowd, times, trial.Row{Run: "MariaDB restarted and killed", Seed: seed})
	})
	t.Run("full disk", func(t *testing.T) {
		t.Parallel()
		times, seed := rounds(t, 3), trial.Seed()
		disk, ok := newSmallDisk(t, 400)
		if !ok {
			t.Skip("see there")
		}
		own := dbtest.NewProcess(t, "--datadir="+filepath.Join(disk.folder, "data"))
		site := trial.NewSite(t, own.URL())
		server := site.Start(own.URL())
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 4, Retries: true, Seed: seed}, server)
		fullAgainAndAgain(t, ownDisk{disk, own}, crowd, times)
		crowd.Stop()
		settled(t, site, server, crowd, times, trial.Row{Run: "MariaDB without a free byte (tmpfs)", Seed: seed})
	})
}

// settled checks a crowd whose portal has not been restarted until now: it is, so that nothing waits for a lease.
func settled(t *testing.T, site *trial.Site, server *trial.Server, crowd *trial.Load, times int, row trial.Row) {
	t.Helper()
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	server.MustRestart(trial.LeasesOver())
	row.Times, row.Verdict = times, site.Check(crowd, server, times)
	trial.Report(row)
}
