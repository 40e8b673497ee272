package app

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// queue is a Hasher whose slots are all taken, and how to give one back.
func queue(t *testing.T) (*Hasher, func()) {
	t.Helper()
	h := NewHasher(HashParams{Memory: 64, Time: 1, Lanes: 1})
	var release func()
	for range runtime.NumCPU() {
		var err error
		if release, err = h.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return h, release
}

// TestT35HashesWaitForACore: with a hash running on every core the next one waits until one of them is done.
func TestT35HashesWaitForACore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := queue(t)
		var done atomic.Int64
		for range 3 {
			go func() {
				if _, err := h.Hash(t.Context(), "correct horse battery staple"); err == nil {
					done.Add(1)
				}
			}()
		}
		synctest.Wait()
		if got := done.Load(); got != 0 {
			t.Errorf("with every core taken: got %d hashes, want 0", got)
		}
		release()
		synctest.Wait()
		if got := done.Load(); got != 3 {
			t.Errorf("with a core free: got %d hashes, want 3", got)
		}
	})
}

// TestT35HashQueueIsBounded: who comes when too many wait is told so at once, and the queue empties again.
func TestT35HashQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := queue(t)
		for range maxWaiting {
			go func() {
				if _, _, err := h.Verify(t.Context(), "", "correct horse battery staple"); err != nil {
					t.Errorf("in the queue: got %v", err)
				}
			}()
		}
		synctest.Wait()
		if _, err := h.Hash(t.Context(), "correct horse battery staple"); !errors.Is(err, Unavailable) {
			t.Errorf("behind a full queue: got %v, want Unavailable", err)
		}
		if got, want := h.Counts(), (HashCounts{Waiting: maxWaiting, Running: runtime.NumCPU(), Refused: 1}); got != want {
			t.Errorf("counted: got %+v, want %+v", got, want)
		}
		release()
		synctest.Wait()
		if got := h.waiting.Load(); got != 0 {
			t.Errorf("after the queue: %d are still counted as waiting", got)
		}
		if _, err := h.Hash(t.Context(), "correct horse battery staple"); err != nil {
			t.Errorf("after the queue: got %v", err)
		}
	})
}

// TestT35HashQueueIsLeft: who gives up waiting takes no slot with them.
func TestT35HashQueueIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := queue(t)
		ctx, cancel := context.WithCancel(t.Context())
		var left error
		go func() { _, left = h.Hash(ctx, "correct horse battery staple") }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(left, Unavailable) || h.waiting.Load() != 0 {
			t.Errorf("got %v with %d waiting, want Unavailable and nobody", left, h.waiting.Load())
		}
		release()
		if _, err := h.Hash(t.Context(), "correct horse battery staple"); err != nil {
			t.Errorf("with a core free: got %v", err)
		}
	})
}
