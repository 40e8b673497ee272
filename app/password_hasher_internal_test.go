package app

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// newBusyHasher is a Hasher whose cores are all taken, and how to give one back.
func newBusyHasher(t *testing.T) (*PasswordHasher, func()) {
	t.Helper()
	h := NewPasswordHasher(HashParams{Memory: 64, Time: 1, Lanes: 1})
	var release func()
	for range runtime.NumCPU() {
		var err error
		if release, err = h.verifyQueue.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return h, release
}

// TestT35_HashesWaitForACore: with a hash running on every core the next one waits until one of them is done.
func TestT35_HashesWaitForACore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := newBusyHasher(t)
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

// TestT35_SignInsGoFirst: a crowd that chooses passwords is not in the way of somebody who proves one,
// neither by its number nor because its queue is full.
func TestT35_SignInsGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := newBusyHasher(t)
		var chosen, before atomic.Int64
		for range maxWaiting {
			go func() {
				if _, err := h.HashNew(t.Context(), "correct horse battery staple"); err != nil {
					t.Errorf("in the queue: got %v", err)
				}
				chosen.Add(1)
			}()
		}
		synctest.Wait()
		if _, err := h.HashNew(t.Context(), "correct horse battery staple"); !errors.Is(err, Unavailable) {
			t.Errorf("behind a full queue: got %v, want Unavailable", err)
		}
		go func() {
			if _, _, err := h.Verify(t.Context(), "", "correct horse battery staple"); err != nil {
				t.Errorf("beside a full queue: got %v", err)
			}
			before.Store(chosen.Load())
		}()
		synctest.Wait()
		release()
		synctest.Wait()
		if got, most := before.Load(), int64(2*runtime.NumCPU()); got > most || chosen.Load() != maxWaiting {
			t.Errorf("%d of %d new passwords were hashed before the proof of one, want %d at most", got, chosen.Load(), most)
		}
	})
}

// TestT35_HashQueueIsBounded: who comes when too many wait is told so at once, and the queue empties again.
func TestT35_HashQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := newBusyHasher(t)
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
		if got := h.Counts().Waiting; got != 0 {
			t.Errorf("after the queue: %d are still counted as waiting", got)
		}
		if _, err := h.Hash(t.Context(), "correct horse battery staple"); err != nil {
			t.Errorf("after the queue: got %v", err)
		}
	})
}

// TestT35_CancelledWaiterLeavesTheQueue: who gives up waiting takes no slot with them.
func TestT35_CancelledWaiterLeavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, release := newBusyHasher(t)
		ctx, cancel := context.WithCancel(t.Context())
		var left error
		go func() { _, left = h.Hash(ctx, "correct horse battery staple") }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(left, Unavailable) || h.Counts().Waiting != 0 {
			t.Errorf("got %v with %d waiting, want Unavailable and nobody", left, h.Counts().Waiting)
		}
		release()
		if _, err := h.Hash(t.Context(), "correct horse battery staple"); err != nil {
			t.Errorf("with a core free: got %v", err)
		}
	})
}
