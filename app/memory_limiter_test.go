package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"reglink/app"
)

func TestMemoryLimiter_ForgetsEndedWindows(t *testing.T) {
	t.Parallel()
	var f app.MemoryLimiter
	for i := range 100_000 {
		at := noon.Add(time.Duration(i) * time.Millisecond)
		uses := []app.LimitUse{{Name: fmt.Sprint(i), Max: 1, EndsAt: at.Add(time.Second)}}
		if _, until, err := f.ConsumeLimits(t.Context(), uses, at); err != nil || !until.IsZero() {
			t.Fatalf("%d is refused until %v: %v", i, until, err)
		}
		if _, until, _ := f.ConsumeLimits(t.Context(), uses, at); until.IsZero() {
			t.Fatalf("%d is let in twice", i)
		}
	}
	if n := f.Len(); n > 10_000 {
		t.Errorf("%d counts are kept, 1,000 run", n)
	}
}

func TestMemoryLimiter_ReturnedUsesDoNotCount(t *testing.T) {
	t.Parallel()
	var f app.MemoryLimiter
	uses := []app.LimitUse{{Name: "a", Max: 2, EndsAt: noon.Add(time.Second)}}
	var all []string
	for range 2 {
		taken, _, _ := f.ConsumeLimits(t.Context(), uses, noon)
		all = append(all, taken...)
	}
	if !slices.Equal(all, []string{"a", "a"}) {
		t.Fatalf("took %q", all)
	}
	if err := f.ReturnLimits(t.Context(), all[:1], noon); err != nil {
		t.Fatal(err)
	}
	for i, refused := range []bool{false, true} {
		if _, until, _ := f.ConsumeLimits(t.Context(), uses, noon); until.IsZero() == refused {
			t.Errorf("try %d: until %v", i, until)
		}
	}
}
