package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"reglink/app"
	"reglink/app/crash"
	"reglink/views/email"
)

const (
	pollInterval = 5 * time.Second // also finds what other servers of the installation queued
	// batchSize is how many notices are claimed at once. Their mails are brought to the mail server in parallel,
	// so that connecting takes the time of one, and no server is asked for more connections than it gladly
	// gives.
	batchSize = 4
	// claimTimeout bounds the reading of what is due, which a stop does not break off: what is leased by then
	// would stay so.
	claimTimeout = 5 * time.Second
	// settleTimeout bounds one try to write down what became of a mail, and so how long a stopping worker tries.
	settleTimeout = 10 * time.Second
	// settleRetryInterval is how long a worker waits for a database that is away before the next such try.
	settleRetryInterval = time.Second
)

// Worker delivers the notices of an outbox. Several workers, also on several servers, share an outbox. It
// must not be copied.
type Worker struct {
	Outbox  app.Outbox
	Sender  Sender
	BaseURL string // without a trailing slash
	Log     *slog.Logger
	Paused  func() bool // while it is true, nothing is claimed; nil: never

	once    sync.Once
	wakeups chan struct{}

	finishMutex sync.Mutex // whoever holds it has the one mail that may be taken and not marked

	sent, putOff, refused atomic.Int64
}

// Counts gives what mail servers answered since the worker began.
func (w *Worker) Counts() app.MailCounts {
	return app.MailCounts{Sent: w.sent.Load(), Deferred: w.putOff.Load(), Refused: w.refused.Load()}
}

// Run delivers notices until ctx ends: those that are due every five seconds, and at once when Wake is
// called. It returns when what it has begun to send is sent, or has failed, and is written down: 90 seconds
// later at most, plus a database's answers.
func (w *Worker) Run(ctx context.Context) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		w.deliver(ctx)
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-w.wakeupChannel():
		}
	}
}

// Wake tells the worker that a notice was queued. It never waits, and may be called before Run.
func (w *Worker) Wake() {
	select {
	case w.wakeupChannel() <- struct{}{}:
	default: // it is ringing already
	}
}

func (w *Worker) wakeupChannel() chan struct{} {
	w.once.Do(func() { w.wakeups = make(chan struct{}, 1) })
	return w.wakeups
}

// deliver sends until nothing is due, or what is due cannot be read.
func (w *Worker) deliver(ctx context.Context) {
	for ctx.Err() == nil && !w.paused() {
		due, err := w.claim(context.WithoutCancel(ctx))
		if err != nil {
			w.Log.Error("outbox cannot be read", "error", err)
		}
		if len(due) > 0 {
			crash.At(crash.AfterClaim)
		}
		var sending sync.WaitGroup
		for _, d := range due {
			sending.Go(func() { w.send(ctx, d) })
		}
		sending.Wait()
		if len(due) == 0 {
			return
		}
	}
}

func (w *Worker) paused() bool { return w.Paused != nil && w.Paused() }

func (w *Worker) claim(ctx context.Context) ([]app.OutgoingMail, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	return w.Outbox.Claim(ctx, batchSize)
}

// send sends one notice and writes down how that ended. From the end of a mail until its notice says so
// nobody else's mail ends, so that a kill has one mail sent again, under its Message-ID, and not four.
func (w *Worker) send(ctx context.Context, d app.OutgoingMail) {
	began := time.Now()
	handover, err := w.begin(context.WithoutCancel(ctx), d)
	if err == nil {
		defer handover.Close()
		w.finishMutex.Lock()
		defer w.finishMutex.Unlock()
		err = handover.Finish()
	}
	if err == nil {
		crash.At(crash.AfterTaken)
	}
	w.settleWithRetry(ctx, d.Notice, began, asFailure(err))
}

// settleWithRetry writes down how a try ended. While the database is away it tries that again until the lease
// is over or the worker is stopped. A notice whose end cannot be written down is sent again after its lease,
// under the same Message-ID.
func (w *Worker) settleWithRetry(ctx context.Context, n app.Notice, began time.Time, failed *Failure) {
	log := w.Log.With("notice", n.ID, "letter", string(n.Kind), "attempt", n.Attempts+1, "took", time.Since(began))
	failed.log(log)
	w.count(failed)
	for {
		err := w.settle(context.WithoutCancel(ctx), n, failed)
		if err == nil {
			return
		}
		log.Error("what became of a mail cannot be written down", "error", err)
		if !errors.Is(err, app.Unavailable) || time.Since(began) > app.Lease-settleTimeout {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(settleRetryInterval):
		}
	}
}

func (w *Worker) count(failed *Failure) {
	switch {
	case failed == nil:
		w.sent.Add(1)
	case failed.Final:
		w.refused.Add(1)
	default:
		w.putOff.Add(1)
	}
}

func (w *Worker) begin(ctx context.Context, d app.OutgoingMail) (Handover, error) {
	m, err := email.Compose(ctx, d, w.BaseURL)
	if err != nil {
		return nil, &Failure{Step: StepWrite, Err: err}
	}
	return w.Sender.Begin(ctx, m)
}

func (w *Worker) settle(ctx context.Context, n app.Notice, failed *Failure) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if failed == nil {
		return w.Outbox.Delivered(ctx, n)
	}
	return w.Outbox.NotDelivered(ctx, n, failed.Error(), failed.Final)
}
