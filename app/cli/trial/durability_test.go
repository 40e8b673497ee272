package trial_test

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// P-1: each acknowledged registration was synced to the disk. strace counts.
func TestP1_RegistrationsAreSynced(t *testing.T) {
	faultTest(t)
	databaseURL, times := dbtest.SQLite(t), rounds(t, 50)
	site := trial.NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.CreateAccount(server, 1)
	site.DrainOutbox(time.Minute)
	load := site.NewLoad(trial.Profile{Registrants: 1, Forms: min(times, 50)}, server)
	server.Kill()
	server.MustRestart("SMTP_URL=") // so that only registrations are stored
	calls := filepath.Join(t.TempDir(), "calls")
	counting := attachStrace(t, server, "-e", "trace=fsync,fdatasync", "-o", calls)
	load.Start()
	load.Finish()
	counting.detach()
	counted, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	syncs := len(regexp.MustCompile(`(?m)(fsync|fdatasync)[( ].*= 0$`).FindAll(counted, -1))
	if syncs < load.Acknowledged() || load.Acknowledged() == 0 {
		t.Errorf("%d syncs for %d registrations", syncs, load.Acknowledged())
	}
	server.Kill()
	server.MustRestart("SMTP_URL="+site.MailServer.URL(), trial.ClockPastLeases(1))
	verdict := site.Check(load, server, 2)
	what := "P-1 written through to the disk (" + strconv.Itoa(syncs) + " fsyncs, by strace), SQLite"
	trial.Report(trial.Row{Run: what, Times: verdict.Acknowledged, Verdict: verdict})
}

// P-3: backups that are made under load are complete, and contain everybody who was registered before.
func TestP3_BackupUnderLoadIsComplete(t *testing.T) {
	faultTest(t)
	databaseURL, times, seed := dbtest.SQLite(t), rounds(t, 10), trial.Seed()
	site := trial.NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.CreateAccount(server, 2)
	profile := trial.Profile{Registrants: 4, SuperUsers: 1, Retries: true, ThinkTime: time.Second, Seed: seed}
	load := site.StartLoad(profile, server)
	var last string
	for n := range times {
		awaitRegistrations(t, load, 1)
		before := load.Entries()
		last = filepath.Join(t.TempDir(), strconv.Itoa(n)+".db")
		if _, err := site.CLI("backup", last); err != nil {
			t.Fatal(err)
		}
		expectInBackup(t, dbtest.Raw(t, "sqlite:"+last), before)
	}
	load.Stop()
	verdict := site.Check(load, server, 0)
	site.StopAll()                           // the backup may contain mails that this server has sent since
	restored := site.Start("sqlite:" + last) // the backup is a database of the same installation
	if status, _ := site.SignIn(restored, site.SuperUsers[0]).Get("/account"); status != http.StatusOK {
		t.Errorf("on the restored backup, the account page answers %d", status)
	}
	trial.Report(trial.Row{Run: "P-3 backup under load, SQLite", Times: times, Seed: seed, Verdict: verdict})
}

// expectInBackup checks that a backup contains everybody who was told that they are registered.
func expectInBackup(t *testing.T, backup *sql.DB, entries []trial.Entry) {
	t.Helper()
	if got := column(t, backup, "PRAGMA integrity_check"); got[0] != "ok" {
		t.Errorf("the backup is damaged: %v", got)
	}
	stored := map[string]bool{}
	const emails = "SELECT email_key FROM identities i JOIN registrations r ON r.identity_id = i.id"
	for _, email := range column(t, backup, emails) {
		stored[email] = true
	}
	for _, e := range entries {
		if e.Action == trial.Register && e.Outcome == trial.Succeeded && !stored[e.Email] {
			t.Errorf("%s was told that it is registered before the backup began, and is not in it", e.Email)
		}
	}
}
