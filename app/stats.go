package app

import (
	"time"
)

// What a server counts of itself since it began, and what it reads when it is asked. None of it names a person.

// TransactionCounts is how transactions of the database ended, and how often one was begun anew.
type TransactionCounts struct {
	Committed     int64
	Refused       int64 // a rule refused it, and nothing was stored
	Failed        int64 // a fault of ours, or a request that ended first
	CommitUnknown int64 // the connection was lost at the Commit: whether it was applied, nobody knows
	GivenUp       int64 // it was not applied, however often it was tried

	RetriedBusy        int64 // tried again because somebody else held what it needed
	RetriedUnavailable int64 // tried again because the database did not work
}

// HashCounts is the queue before the password hashes.
type HashCounts struct {
	Waiting int
	Running int
	Refused int64 // told to come again, because the queue was full or their time was over
}

// MailCounts is what mail servers answered.
type MailCounts struct {
	Sent     int64
	Deferred int64 // to be tried again
	Refused  int64 // for good
}

// OutboxBacklog is what the outbox still owes.
type OutboxBacklog struct {
	Due     int // to be sent now
	Sending int // leased by a worker
	Waiting int // for their next try
	Failed  int // given up: dead letters, which an operator has to look at

	DueSince time.Time // of the one that is due longest; zero where none is
}
