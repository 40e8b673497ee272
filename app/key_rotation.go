package app

import (
	"context"
	"errors"
)

// SealedColumn is a column of the database that holds boxes, sealed for that purpose, "|" and the id of their row.
type SealedColumn struct {
	Table   string
	Column  string
	Purpose string
}

// SealedColumns lists every column with boxes but those of the installation's own row. A test compares it
// with the schema.
func SealedColumns() []SealedColumn {
	return []SealedColumn{
		{Table: "links", Column: "token_box", Purpose: "link"},
		{Table: "confirmations", Column: "token_box", Purpose: "confirmation"},
		{Table: "join_requests", Column: "token_box", Purpose: "join"},
		{Table: "factors", Column: "secret_box", Purpose: "factor"},
	}
}

// SealedValue is what is sealed in one row.
type SealedValue struct {
	ID  string
	Box []byte
}

// ResealedValue is a box and what takes its place.
type ResealedValue struct {
	ID            string
	Before, After []byte
}

// KeyRotationStore keeps what is sealed. Each method is one read or one transaction.
type KeyRotationStore interface {
	// Installation gives the installation's row, or NotFound.
	Installation(ctx context.Context) (*Installation, error)
	// ReplaceInstallationKey stores KeyCheck, MacBox and OldKeys of the installation as is has them, unless they
	// are no longer as was has them: then it is false.
	ReplaceInstallationKey(ctx context.Context, was, is Installation) (bool, error)
	// SealedValues lists the boxes of a place that do not begin with that header, by id, after that one and at most limit.
	SealedValues(ctx context.Context, in SealedColumn, header []byte, after string, limit int) ([]SealedValue, error)
	// ReplaceSealedValues replaces the boxes that are still what they were, and gives their number. Boxes that
	// were wiped meanwhile stay so.
	ReplaceSealedValues(ctx context.Context, in SealedColumn, boxes []ResealedValue) (int, error)
}

// KeyRotation changes the secret key of an installation while its servers run: from the moment at which the
// database names the new key, whoever seals takes that one, and everything that older keys sealed is sealed
// anew, a few boxes at a time. No link changes. It may end at any point and be begun again.
type KeyRotation struct {
	Store      KeyRotationStore
	Sealer     *Sealer
	Wait       func(context.Context) error // until the other programs of the installation must have noticed the new key
	OnProgress func(KeyRotationProgress)   // told after each batch
}

// KeyRotationProgress is how far a rotation has come.
type KeyRotationProgress struct {
	Key        string // the id of the key that seals now
	Sealed     map[string]int
	Unreadable int // boxes that no known key opens
}

// Unfinished tells whether something may be left of a rotation that was begun: the database names another key
// than the newest one, or older keys are still needed.
func (r KeyRotation) Unfinished(ctx context.Context) (bool, error) {
	row, err := r.Store.Installation(ctx)
	if errors.Is(err, NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, by, err := r.Sealer.open(keyCheckPurpose, row.KeyCheck)
	newest := err == nil && by.id == r.Sealer.newestKey().id
	return !newest || row.OldKeys != "", nil
}

// Rotate has the newest key that the Sealer knows seal everything. With givingUp, what no known key opens any
// more is given up: an installation whose key is lost works again, its links can be opened but not copied,
// and mails with a secret are not sent.
func (r KeyRotation) Rotate(ctx context.Context, givingUp bool) (KeyRotationProgress, error) {
	row, err := r.activateNewestKey(ctx, givingUp)
	if err != nil {
		return KeyRotationProgress{}, err
	}
	done := KeyRotationProgress{Key: r.Sealer.newestKey().hexID(), Sealed: map[string]int{}}
	n, err := r.resealAll(ctx, &done)
	if err != nil {
		return done, err
	}
	if n > 0 || row.OldKeys != "" {
		if err := r.Wait(ctx); err != nil {
			return done, err
		}
	}
	for n = 1; n > 0; { // what somebody sealed with an older key before noticing
		if n, err = r.resealAll(ctx, &done); err != nil {
			return done, err
		}
	}
	finished := *row
	finished.OldKeys = ""
	if _, err := r.Store.ReplaceInstallationKey(ctx, *row, finished); err != nil {
		return done, err
	}
	return done, nil
}

// activateNewestKey has the database name the newest key, and gives the row as it is then.
func (r KeyRotation) activateNewestKey(ctx context.Context, givingUp bool) (*Installation, error) {
	for {
		row, err := r.Store.Installation(ctx)
		if err != nil {
			return nil, err
		}
		if err := r.Sealer.adoptKey(*row); err != nil && !givingUp {
			return nil, err
		}
		is := r.Sealer.withNewestKey(*row)
		if is.OldKeys == row.OldKeys && string(is.KeyCheck) == string(row.KeyCheck) {
			return row, nil
		}
		if _, err := r.Store.ReplaceInstallationKey(ctx, *row, is); err != nil {
			return nil, err
		}
		givingUp = false // it was, or somebody else turned the key: look again
	}
}

// resealBatchSize is few enough boxes for nobody to wait for them.
const resealBatchSize = 100

// resealAll seals anew what the newest key has not sealed, and gives the number.
func (r KeyRotation) resealAll(ctx context.Context, done *KeyRotationProgress) (int, error) {
	sealed := 0
	done.Unreadable = 0
	for _, in := range SealedColumns() {
		after := ""
		for {
			boxes, err := r.Store.SealedValues(ctx, in, r.Sealer.newestKey().header(), after, resealBatchSize)
			if err != nil {
				return sealed, err
			}
			if len(boxes) == 0 {
				break
			}
			after = boxes[len(boxes)-1].ID
			n, err := r.resealBatch(ctx, in, boxes, done)
			if err != nil {
				return sealed, err
			}
			sealed += n
		}
	}
	return sealed, nil
}

func (r KeyRotation) resealBatch(ctx context.Context, in SealedColumn, boxes []SealedValue, done *KeyRotationProgress) (
	int, error,
) {
	fresh := make([]ResealedValue, 0, len(boxes))
	for _, b := range boxes {
		purpose := in.Purpose + "|" + b.ID
		secret, err := r.Sealer.Open(purpose, b.Box)
		if err != nil {
			done.Unreadable++
			continue
		}
		fresh = append(fresh, ResealedValue{ID: b.ID, Before: b.Box, After: r.Sealer.newestKey().seal(purpose, secret)})
	}
	n, err := r.Store.ReplaceSealedValues(ctx, in, fresh)
	if err != nil {
		return 0, err
	}
	done.Sealed[in.Table] += n
	r.OnProgress(*done)
	return n, nil
}
