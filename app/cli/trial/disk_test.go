package trial_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// diskFault is something that keeps a database from writing.
type diskFault interface {
	inject()
	remove()
	revive() // starts what exited because of it, if it has a supervisor
}

// injectAgainAndAgain injects a fault under load, waits until people are told to try again, and removes it. Without a
// restart of ours, the next ones must be registered.
func injectAgainAndAgain(t *testing.T, fault diskFault, load *trial.Load, times int) {
	t.Helper()
	for range times {
		awaitRegistrations(t, load, 1)
		want := load.Unavailable() + 3
		awaitZero(t, "answers that say to try again", func() int {
			fault.inject()
			return want - load.Unavailable()
		})
		fault.remove()
		registered := load.Acknowledged() + 1
		awaitZero(t, "people to be registered once the disk works again", func() int {
			fault.revive()
			return registered - load.Acknowledged()
		})
	}
}

// tryDiskFault puts a portal under load and its database on a disk with a fault.
func tryDiskFault(t *testing.T, site *trial.Site, run string, fault func(*trial.Server) diskFault) {
	t.Helper()
	times, seed := rounds(t, 5), trial.Seed()
	server := site.Start(site.Databases[0])
	site.CreateAccount(server, 2)
	load := site.StartLoad(trial.Profile{Registrants: 4, Retries: true, Seed: seed}, server)
	injectAgainAndAgain(t, fault(server), load, times)
	load.Stop()
	checkAfterRestart(t, site, server, load, trial.Row{Run: run, Times: times, Seed: seed})
}

// checkAfterRestart checks a load whose server was not restarted until now, and reports the row. It restarts the
// server so that no mail has to wait for the end of a lease. As often as the row says, a mail may have been sent and
// not marked.
func checkAfterRestart(t *testing.T, site *trial.Site, server *trial.Server, load *trial.Load, row trial.Row) {
	t.Helper()
	site.StopAll()
	server.MustRestart(trial.ClockPastLeases(1))
	row.Verdict = site.Check(load, server, row.Times)
	trial.Report(row)
}

// smallDisk is a file system of its own that a test can fill.
type smallDisk struct {
	t      *testing.T
	folder string
}

// newSmallDisk mounts a file system of that many megabytes in main memory. It skips the test if it is not root.
func newSmallDisk(t *testing.T, megabytes int) smallDisk {
	t.Helper()
	folder := t.TempDir()
	options := fmt.Sprintf("size=%dm,mode=0700", megabytes)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a file system: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return smallDisk{t, folder}
}

func (d smallDisk) sqlite() string { return "sqlite:" + filepath.Join(d.folder, "reglink.db") }

func (d smallDisk) ballast() string { return filepath.Join(d.folder, "ballast") }

// inject fills the disk to the last byte.
func (d smallDisk) inject() {
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

func (d smallDisk) remove() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

func (smallDisk) revive() {}

func (d smallDisk) remount(option string) {
	d.t.Helper()
	out, err := exec.Command("mount", "-o", "remount,"+option, d.folder).CombinedOutput()
	if err != nil {
		d.t.Fatal(errors.Join(err, errors.New(string(out))))
	}
}

// fileSizeLimit is like a full disk but needs no root: no file of the program may grow (RLIMIT_FSIZE).
type fileSizeLimit struct {
	t      *testing.T
	server *trial.Server
}

func (l fileSizeLimit) inject() { l.set("4096") }

func (l fileSizeLimit) remove() { l.set("unlimited") }

func (fileSizeLimit) revive() {}

func (l fileSizeLimit) set(bytes string) {
	l.t.Helper()
	limit := exec.Command("prlimit", "--pid", fmt.Sprint(l.server.PID()), "--fsize="+bytes+":unlimited")
	if out, err := limit.CombinedOutput(); err != nil {
		l.t.Fatalf("prlimit: %v %s", err, out)
	}
}

// readOnlyDisk refuses writes while files on it are open for writing, as a disk does that the kernel has found
// faulty. No remount can do that, so strace answers the calls with which SQLite writes; sockets and the log are
// written to with others.
type readOnlyDisk struct {
	t      *testing.T
	server *trial.Server
	strace *strace
}

func (d *readOnlyDisk) inject() {
	d.t.Helper()
	if d.strace == nil {
		const calls = "pwrite64,ftruncate,unlink"
		d.strace = attachStrace(d.t, d.server,
			"-e", "trace="+calls, "-e", "inject="+calls+":error=EROFS", "-o", os.DevNull)
	}
}

func (d *readOnlyDisk) remove() {
	d.t.Helper()
	d.strace.detach()
	d.strace = nil
}

func (*readOnlyDisk) revive() {}

// K-4, on the embedded database: the disk is full, again and again.
func TestK4_FullDiskLosesNothing(t *testing.T) {
	faultTest(t)
	t.Run("by a small disk", func(t *testing.T) {
		t.Parallel()
		disk := newSmallDisk(t, 8)
		site := trial.NewSite(t, disk.sqlite())
		tryDiskFault(t, site, "K-4 full disk (tmpfs), SQLite", func(*trial.Server) diskFault { return disk })
	})
	t.Run("by a limit", func(t *testing.T) {
		t.Parallel()
		site := trial.NewSite(t, dbtest.SQLite(t))
		limit := func(server *trial.Server) diskFault { return fileSizeLimit{t, server} }
		tryDiskFault(t, site, "K-4 files that may not grow (RLIMIT_FSIZE), SQLite", limit)
	})
}

// K-4: the disk becomes read-only under a running portal, again and again.
func TestK4_DiskThatBecomesReadOnlyLosesNothing(t *testing.T) {
	faultTest(t)
	site := trial.NewSite(t, dbtest.SQLite(t))
	readOnly := func(server *trial.Server) diskFault { return &readOnlyDisk{t: t, server: server} }
	tryDiskFault(t, site, "K-4 disk that becomes read-only (EROFS by strace), SQLite", readOnly)
}

// K-4: on a folder that cannot be written to, a portal refuses to start and says so in one sentence. Once it can be
// written to, the portal starts.
func TestK4_ReadOnlyFolderIsRefusedAtStart(t *testing.T) {
	faultTest(t)
	disk := newSmallDisk(t, 8)
	site := trial.NewSite(t, disk.sqlite())
	server := site.Start(disk.sqlite())
	site.CreateAccount(server, 2)
	site.StopAll()
	disk.remount("ro")
	if err := server.Restart(); err == nil || strings.Count(server.LogTail(), "\nreglink: ") != 1 {
		t.Errorf("on a read-only disk it started (%v), or did not say why not:\n%s", err, server.LogTail())
	}
	disk.remount("rw")
	server.MustRestart()
	load := site.StartLoad(trial.Profile{Registrants: 1, Forms: 1}, server)
	load.Finish()
	verdict := site.Check(load, server, 0)
	trial.Report(trial.Row{Run: "K-4 read-only disk at the start (tmpfs), SQLite", Times: 1, Verdict: verdict})
}
