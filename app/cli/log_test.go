package cli

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"reglink/app/config"
)

// Whatever the time zone of the machine, the log is in UTC, and the moment is the same (ASVS 5.0, 16.2.2).
func TestLog_IsInUTC(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 29, 3, 30, 0, 0, time.FixedZone("Kolkata", 5*60*60+30*60))
	for _, json := range []bool{false, true} {
		var written strings.Builder
		log := Program{Stderr: &written}.log(&config.Settings{LogJSON: json}, slog.LevelInfo)
		line := slog.NewRecord(when, slog.LevelInfo, "hello", 0)
		line.AddAttrs(slog.Time("until", when))
		if err := log.Handler().Handle(t.Context(), line); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(written.String(), "2026-11-28T22:00:00"); n != 2 ||
			strings.Contains(written.String(), "+05:30") {
			t.Errorf("got %q, want both times in UTC", written.String())
		}
	}
}
