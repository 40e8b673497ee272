package trial_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/crash"
	"reglink/db/dbtest"
)

// K-2: killed between the steps of a change of the secret key, and begun again. Links work all the while,
// Super Users see them, and in the end the new key alone opens everything.
func TestKillInKeyRotation(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file, raw := crashFile(t), dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 3, Retries: true}, server)
		untilOneMore(crowd)
		both, alone := site.NewKey()
		server.Kill()
		server.MustRestart(both...)
		kills := 0
		for range 20 {
			ask(t, file, crash.MidRotation, 1) // what is done by then stays done, so each run gets further
			err := site.Run(append(both, "REGLINK_CRASH_FILE="+file), "keys", "rotate", "--wait", "8s")
			if asked(file) {
				t.Fatalf("it was done before it met the point: %v", err)
			}
			kills++
			showsLink(t, site, server, crowd)
			untilOneMore(crowd)
			if count(t, raw, "installations WHERE COALESCE(old_keys, '') <> ''") == 0 {
				break // by what was the last step
			}
		}
		if err := site.Run(both, "keys", "rotate"); err != nil {
			t.Fatal(err)
		}
		if kills < 3 {
			t.Errorf("killed %d times: that is not between all steps", kills)
		}
		crowd.Stop()
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		server.MustRestart(alone, "SECRET_KEY_OLD=", trial.Ahead(3*time.Minute))
		showsLink(t, site, server, crowd)
		verdict := site.Check(crowd, server, 1)
		trial.Report(trial.Row{Run: "K-2 kill -9 in a change of the secret key, " + engine, Times: kills, Verdict: verdict})
	})
}

// showsLink wants the panel of a Super User to hold the link that people register by.
func showsLink(t *testing.T, site *trial.Site, server *trial.Server, crowd *trial.Load) {
	t.Helper()
	if got := site.SignIn(server, site.Supers[0]).Value("/account", "#registration-link-url"); !strings.HasSuffix(got,
		"/register/"+crowd.Token()) {
		t.Errorf("the panel shows %q and not the link", got)
	}
}
