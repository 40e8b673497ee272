package trial_test

import (
	"slices"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// stopWithin is what a portal that is told to stop takes at most.
const stopWithin = 10 * time.Second

// K-6: told to stop under load, a portal answers what it has begun, writes down what was mailed, and leaves
// no notice leased.
func TestStopUnderLoad(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		times, seed := rounds(t, 5), trial.Seed()
		raw := dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		// so that some are under way
		site.Post.Script(mailtest.OnContent, slices.Repeat([]mailtest.Answer{mailtest.AnswerLate}, 40*times)...)
		crowd := site.Load(trial.Mix{Registrants: 6, Seed: seed}, server)
		var told []time.Time
		for range times {
			untilOneMore(crowd)
			time.Sleep(time.Duration(crowd.Random("stops").IntN(300)) * time.Millisecond)
			told = append(told, time.Now())
			if err := server.Stop(); err != nil {
				t.Errorf("it ended with %v:\n%s", err, server.Said())
			}
			if took := time.Since(told[len(told)-1]); took > stopWithin {
				t.Errorf("stopping took %v", took)
			}
			if leased := count(t, raw, "notices WHERE lease_until IS NOT NULL"); leased > 0 {
				t.Errorf("%d notices are still leased by a portal that has stopped", leased)
			}
			server.MustRestart()
		}
		crowd.Stop()
		dropped(t, crowd.Entries(), told)
		verdict := site.Check(crowd, server, 0)
		if verdict.Untold > 0 {
			t.Errorf("%d people were registered and not told", verdict.Untold)
		}
		trial.Report(trial.Row{Run: "K-6 SIGTERM under load, " + engine, Times: times, Seed: seed, Verdict: verdict})
	})
}

// dropped finds forms that had surely arrived when the portal was told to stop, and got no answer.
func dropped(t *testing.T, entries []trial.Entry, told []time.Time) {
	t.Helper()
	const surely = 500 * time.Millisecond // a busy machine may take as long to hand over a request
	intents := map[string]time.Time{}
	for _, e := range entries {
		if e.Act != trial.Register {
			continue
		}
		if !e.Answer {
			intents[e.Submission] = e.At
			continue
		}
		for _, at := range told {
			if sent := intents[e.Submission]; e.Outcome == trial.Silent && sent.Add(surely).Before(at) && e.At.After(at) {
				t.Errorf("a form that was sent %v before the portal was told to stop got no answer: %s", at.Sub(sent), e.Error)
			}
		}
	}
}
