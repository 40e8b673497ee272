package cli

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"reglink/app/config"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// What leads requests to several servers learns that one is stopping while it still serves.
func TestServe_SaysThatItStopsBeforeItDoes(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0", config.StopDelay: "5"})
	if got := get(t, http.DefaultClient, r.address+"/readyz"); got.status != http.StatusOK || got.body != "ready\n" {
		t.Errorf("before: %+v", got)
	}
	r.stop()
	awaitReadiness(t, r, "not ready: the server is stopping\n", 4*time.Second)
	if got := get(t, http.DefaultClient, r.address+"/sign-in"); got.status != http.StatusOK {
		t.Errorf("a page while it stops: %d", got.status)
	}
	if end := <-r.ended; end.code != 0 {
		t.Errorf("ended with %d: %s", end.code, end.err)
	}
}

// awaitReadiness asks a server whether it is ready until it answers that.
func awaitReadiness(t *testing.T, r running, want string, within time.Duration) {
	t.Helper()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for end := time.Now().Add(within); ; <-pace.C {
		got := get(t, http.DefaultClient, r.address+"/readyz")
		if got.body == want && (got.status == http.StatusOK) == (want == "ready\n") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v, want %q", got, want)
		}
	}
}

// A server that still serves while it says that it is stopping still mails, too.
func TestServe_MailsWhileItStops(t *testing.T) {
	t.Parallel()
	postman := mailtest.Start(t)
	o := newTestPortal(t, env{
		config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0", config.StopDelay: "6",
		config.SMTPURL: postman.URL(),
	})
	r := start(t, o.e)
	r.stop()
	awaitReadiness(t, r, "not ready: the server is stopping\n", 4*time.Second)
	response, err := http.PostForm(r.address+"/forgot-password", url.Values{"email": {"sue@acme.example"}})
	if got := read(t, response, err); got.status != http.StatusOK {
		t.Fatalf("the form is answered %d", got.status)
	}
	postman.WaitForMail("sue@acme.example", "/reset-password/")
	(<-r.ended).done(t)
}

// LOG_FORMAT=json makes every line an object.
func TestServe_LogsObjectsInJSON(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0", config.LogFormat: "json"})
	get(t, http.DefaultClient, r.address+"/sign-in")
	log := r.stopped().err
	if !strings.HasPrefix(log, "{") || !strings.Contains(log, `"route":"/sign-in"`) {
		t.Errorf("the log is %q", log)
	}
}

// The numbers are there for a program on the same machine.
func TestMetrics_AreForProgramsOnThisMachine(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0"})
	got := get(t, http.DefaultClient, r.address+"/metrics")
	if got.status != http.StatusOK || !strings.Contains(got.body, "reglink_build_info{") {
		t.Errorf("status %d: %.300s", got.status, got.body)
	}
}

// How long a mail has waited is measured by the portal's clock, like everything else.
func TestMetrics_FollowThePortalsClock(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	ahead := func() time.Time { return time.Now().Add(1000 * time.Hour) }
	delete(e, config.BaseURL)
	r := startAt(t, ahead, e)
	got := get(t, http.DefaultClient, r.address+"/metrics")
	if !regexp.MustCompile(`(?m)^reglink_outbox_oldest_due_seconds 3\.6\d*e\+06$`).MatchString(got.body) {
		t.Errorf("got %s, want a mail that was due for 1000 hours",
			regexp.MustCompile(`(?m)^reglink_outbox_oldest.*`).FindString(got.body))
	}
}
