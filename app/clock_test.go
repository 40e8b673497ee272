package app_test

import (
	"testing"
	"time"

	"reglink/app"
)

func TestClock_GivesUTCMicroseconds(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*3600)
	clock := app.Clock(func() time.Time { return time.Date(2026, 11, 3, 17, 0, 0, 123_456_789, east) })
	if got, want := clock.Now(), noon.Add(123_456*time.Microsecond); got != want {
		t.Errorf("got %v, want %v: UTC, to the microsecond", got, want)
	}
	var present app.Clock
	before := time.Now().UTC().Truncate(time.Microsecond)
	if got := present.Now(); got.Before(before) || got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
		t.Errorf("got %v, want the present after %v", got, before)
	}
}
