package trial_test

import (
	"slices"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// shutdownTimeout is how long a portal may take to stop.
const shutdownTimeout = 10 * time.Second

// K-6: stopped under load, a portal answers the requests that it has begun, records the mails that it has sent, and
// leaves no notice leased.
func TestK6_StopFinishesWhatWasBegun(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		times, seed := rounds(t, 5), trial.Seed()
		db := dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.CreateAccount(server, 2)
		slow := slices.Repeat([]mailtest.Answer{mailtest.AnswerLate}, 40*times) // so that some mails are being sent at a stop
		site.MailServer.Script(mailtest.OnContent, slow...)
		load := site.StartLoad(trial.Profile{Registrants: 6, Seed: seed}, server)
		random := load.Random("stops")
		var stops []time.Time
		for range times {
			awaitRegistrations(t, load, 1)
			time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
			start := time.Now()
			stops = append(stops, start)
			if err := server.Stop(); err != nil {
				t.Errorf("it exited with %v:\n%s", err, server.LogTail())
			}
			if took := time.Since(start); took > shutdownTimeout {
				t.Errorf("stopping took %v", took)
			}
			if leased := count(t, db, "notices WHERE lease_until IS NOT NULL"); leased > 0 {
				t.Errorf("%d notices are still leased by a portal that has stopped", leased)
			}
			server.MustRestart()
		}
		load.Stop()
		expectNoneDropped(t, load.Entries(), stops)
		verdict := site.Check(load, server, 0)
		if verdict.Unconfirmed > 0 {
			t.Errorf("%d people were registered and got no answer that says so", verdict.Unconfirmed)
		}
		trial.Report(trial.Row{Run: "K-6 SIGTERM under load, " + engine, Times: times, Seed: seed, Verdict: verdict})
	})
}

// expectNoneDropped looks for forms without an answer that had certainly arrived when the portal was told to stop.
func expectNoneDropped(t *testing.T, entries []trial.Entry, stops []time.Time) {
	t.Helper()
	const certainly = 500 * time.Millisecond // a busy machine may take as long to hand over a request
	sent := map[string]time.Time{}
	for _, e := range entries {
		if e.Action != trial.Register {
			continue
		}
		if !e.Answered {
			sent[e.Submission] = e.At
			continue
		}
		for _, stop := range stops {
			before := stop.Sub(sent[e.Submission])
			if e.Outcome == trial.NoAnswer && before > certainly && e.At.After(stop) {
				t.Errorf("a form that was sent %v before the stop got no answer: %s", before, e.Error)
			}
		}
	}
}
