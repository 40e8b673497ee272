package trial_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// P-1: each registration that is acknowledged was written through to the disk. strace counts.
func TestWrittenThroughToTheDisk(t *testing.T) {
	faults(t)
	databaseURL, times := dbtest.SQLite(t), rounds(t, 50)
	site := trial.NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.Settle(server, 1)
	site.Drain(time.Minute)
	crowd := site.Crowd(trial.Mix{Registrants: 1, Forms: min(times, 50)}, server)
	server.Kill()
	server.MustRestart("SMTP_URL=") // so that nothing but registrations is stored
	calls := filepath.Join(t.TempDir(), "calls")
	counting := trace(t, server, "-e", "trace=fsync,fdatasync", "-o", calls)
	crowd.Begin()
	crowd.Finish()
	counting.detach()
	counted, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	through := len(regexp.MustCompile(`(?m)(fsync|fdatasync)[( ].*= 0$`).FindAll(counted, -1))
	if through < crowd.Acknowledged() || crowd.Acknowledged() == 0 {
		t.Errorf("%d writes went through to the disk for %d registrations", through, crowd.Acknowledged())
	}
	server.Kill()
	server.MustRestart("SMTP_URL="+site.Post.URL(), trial.LeasesOver())
	verdict := site.Check(crowd, server, 2)
	trial.Report(trial.Row{Run: "P-1 written through to the disk (" + strconv.Itoa(through) +
		" fsyncs, by strace), SQLite", Times: verdict.Acknowledged, Verdict: verdict})
}

// P-3: backups that are made while people register are whole, and hold everybody who was told before.
func TestBackupUnderLoad(t *testing.T) {
	faults(t)
	databaseURL, times, seed := dbtest.SQLite(t), rounds(t, 10), trial.Seed()
	site := trial.NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.Settle(server, 2)
	crowd := site.Load(trial.Mix{Registrants: 4, Supers: 1, Retries: true, Pause: time.Second, Seed: seed}, server)
	var last string
	for n := range times {
		untilOneMore(crowd)
		before := crowd.Entries()
		last = filepath.Join(t.TempDir(), strconv.Itoa(n)+".db")
		if _, err := site.Reglink("backup", last); err != nil {
			t.Fatal(err)
		}
		holds(t, dbtest.Raw(t, "sqlite:"+last), before)
	}
	crowd.Stop()
	verdict := site.Check(crowd, server, 0)
	restored := site.Start("sqlite:" + last) // the backup is a database of the same installation
	if status, _ := site.SignIn(restored, site.Supers[0]).Read("/account"); status != 200 {
		t.Errorf("on the restored backup, the account page answers %d", status)
	}
	trial.Report(trial.Row{Run: "P-3 backup under load, SQLite", Times: times, Seed: seed, Verdict: verdict})
}

// holds looks for everybody who was told so in a backup.
func holds(t *testing.T, backup *sql.DB, entries []trial.Entry) {
	t.Helper()
	if got := column(t, backup, "PRAGMA integrity_check"); got[0] != "ok" {
		t.Errorf("the backup is not whole: %v", got)
	}
	known := map[string]bool{}
	for _, email := range column(t, backup,
		"SELECT email_key FROM identities i JOIN registrations r ON r.identity_id = i.id") {
		known[email] = true
	}
	for _, e := range entries {
		if e.Act == trial.Register && e.Outcome == trial.Stored && !known[e.Email] {
			t.Errorf("%s was told that it is registered before the backup began, and is not in it", e.Email)
		}
	}
}
