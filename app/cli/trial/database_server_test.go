package trial_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// A database server is restarted and killed under a portal that keeps running.
func TestDatabaseServer_RestartsLoseNothing(t *testing.T) {
	faultTest(t)
	times, seed := rounds(t, 6), trial.Seed()
	mariadb := dbtest.NewProcess(t)
	site := trial.NewSite(t, mariadb.URL())
	server := site.Start(mariadb.URL())
	site.CreateAccount(server, 2)
	profile := trial.Profile{Registrants: 4, SuperUsers: 1, Retries: true, ThinkTime: time.Second, Seed: seed}
	load := site.StartLoad(profile, server)
	random := load.Random("kills")
	for round := range times {
		awaitRegistrations(t, load, 1)
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		if round%2 == 0 {
			mariadb.Kill()
		} else {
			mariadb.Stop()
		}
		awaitUnready(t, site, server)
		mariadb.Start()
	}
	awaitRegistrations(t, load, 1)
	load.Stop()
	checkAfterRestart(t, site, server, load, trial.Row{Run: "MariaDB restarted and killed", Times: times, Seed: seed})
}

// awaitUnready waits until the portal says that its database is unavailable. A database server that stops takes no
// new connections at once, and serves those that it has for a moment longer.
func awaitUnready(t *testing.T, site *trial.Site, server *trial.Server) {
	t.Helper()
	probe := site.Anonymous(server)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if status, _ := probe.Get("/readyz"); status == http.StatusServiceUnavailable {
			return
		}
	}
	t.Error("without a database it stays ready")
}

// mariadbDisk is the disk of a database server, which exits if it cannot bear that it is full.
type mariadbDisk struct {
	smallDisk

	server *dbtest.Process
}

func (d mariadbDisk) revive() { d.server.StartIfEnded() }

// The disk of a database server is full, again and again.
func TestDatabaseServer_FullDiskLosesNothing(t *testing.T) {
	faultTest(t)
	times, seed := rounds(t, 3), trial.Seed()
	disk := newSmallDisk(t, 400)
	mariadb := dbtest.NewProcess(t, "--datadir="+filepath.Join(disk.folder, "data"))
	site := trial.NewSite(t, mariadb.URL())
	server := site.Start(mariadb.URL())
	site.CreateAccount(server, 2)
	load := site.StartLoad(trial.Profile{Registrants: 4, Retries: true, Seed: seed}, server)
	injectAgainAndAgain(t, mariadbDisk{disk, mariadb}, load, times)
	load.Stop()
	row := trial.Row{Run: "MariaDB without a free byte (tmpfs)", Times: times, Seed: seed}
	checkAfterRestart(t, site, server, load, row)
}
