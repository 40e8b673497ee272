package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// Whoever leads requests to several servers hears that one is stopping while it still serves.
func TestStopIsToldFirst(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0", config.StopDelay: "2"})
	if got := get(t, http.DefaultClient, r.address+"/readyz"); got.status != http.StatusOK || got.body != "ready\n" {
		t.Errorf("before: %+v", got)
	}
	r.stop()
	for end := time.Now().Add(time.Second); ; {
		got := get(t, http.DefaultClient, r.address+"/readyz")
		if got.status == http.StatusServiceUnavailable && got.body == "not ready: the server is stopping\n" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("while it stops: %+v", got)
		}
	}
	if got := get(t, http.DefaultClient, r.address+"/sign-in"); got.status != http.StatusOK {
		t.Errorf("a page while it stops: %d", got.status)
	}
	if end := <-r.ended; end.code != 0 {
		t.Errorf("ended with %d: %s", end.code, end.err)
	}
}

// LOG_FORMAT=json makes every line an object.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0", config.LogFormat: "json"})
	get(t, http.DefaultClient, r.address+"/sign-in")
	log := r.stopped().err
	if !strings.HasPrefix(log, "{") || !strings.Contains(log, `"route":"/sign-in"`) {
		t.Errorf("the log is %q", log)
	}
}

// The numbers are there for a program on the same machine.
func TestMetricsHere(t *testing.T) {
	t.Parallel()
	r := start(t, env{config.DatabaseURL: dbtest.SQLite(t), config.Listen: "127.0.0.1:0"})
	got := get(t, http.DefaultClient, r.address+"/metrics")
	if got.status != http.StatusOK || !strings.Contains(got.body, "reglink_build_info{") {
		t.Errorf("status %d: %.300s", got.status, got.body)
	}
}
