package app

import (
	"context"
	"errors"
)

// SealedIn is a column of the database that holds boxes, sealed for that purpose, "|" and the id of their row.
type SealedIn struct {
	Table   string
	Column  string
	Purpose string
}

// SealedPlaces lists every column with boxes but those of the installation's own row. A test compares it with the schema.
func SealedPlaces() []SealedIn {
	return []SealedIn{
		{Table: "links", Column: "token_box", Purpose: "link"},
		{Table: "confirmations", Column: "token_box", Purpose: "confirmation"},
		{Table: "join_requests", Column: "token_box", Purpose: "join"},
		{Table: "factors", Column: "secret_box", Purpose: "factor"},
	}
}

// Box is what is sealed in one row.
type Box struct {
	ID  string
	Box []byte
}

// Resealed is a box and what takes its place.
type Resealed struct {
	ID      string
	Was, Is []byte
}

// RotationStore keeps what is sealed. Each method is one read or one transaction.
type RotationStore interface {
	// Installation gives the installation's row, or NotFound.
	Installation(ctx context.Context, fresh Installation) (*Installation, error)
	// TurnKey stores KeyCheck, MacBox and OldKeys of the installation as is has them, unless they are no longer as was has
	// them: then it is false.
	TurnKey(ctx context.Context, was, is Installation) (bool, error)
	// Boxes lists the boxes of a place that do not begin with that header, by id, after that one and at most limit.
	Boxes(ctx context.Context, in SealedIn, header []byte, after string, limit int) ([]Box, error)
	// Reseal replaces the boxes that are still what they were, and gives their number. Boxes that were wiped meanwhile stay so.
	Reseal(ctx context.Context, in SealedIn, boxes []Resealed) (int, error)
}

// Rotation changes the secret key of an installation while its servers run: from the moment at which the database names the new key,
// whoever seals takes that one, and everything that older keys sealed is sealed anew, a few boxes at a time. No link changes. It may
// end at any point and be begun again.
type Rotation struct {
	Store  RotationStore
	Sealer *Sealer
	Wait   func(context.Context) error // until the other programs of the installation must have noticed the new key
	Said   func(Rotated)               // told after each batch
}

// Rotated is how far a rotation has come.
type Rotated struct {
	Key    string // the id of the key that seals now
	Sealed map[string]int
	Lost   int // boxes that no known key opens
}

// Unfinished tells whether something may be left of a rotation that was begun: the database names another key than the newest one, or
// older keys are still needed.
func (r Rotation) Unfinished(ctx context.Context) (bool, error) {
	row, err := r.Store.Installation(ctx, Installation{})
	if errors.Is(err, NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, by, err := r.Sealer.open(keyCheck, row.KeyCheck)
	newest := err == nil && by.id == r.Sealer.newest().id
	return !newest || row.OldKeys != "", nil
}

// Rotate has the newest key that the Sealer knows seal everything. With givingUp, what no known key opens any more is given up: an
// installation whose key is lost works again, its links can be opened but not copied, and mails with a secret are not sent.
func (r Rotation) Rotate(ctx context.Context, givingUp bool) (Rotated, error) {
	row, err := r.turn(ctx, givingUp)
	if err != nil {
		return Rotated{}, err
	}
	done := Rotated{Key: r.Sealer.newest().name(), Sealed: map[string]int{}}
	n, err := r.sweep(ctx, &done)
	if err != nil {
		return done, err
	}
	if n > 0 || row.OldKeys != "" {
		if err := r.Wait(ctx); err != nil {
			return done, err
		}
	}
	for n = 1; n > 0; { // what somebody sealed with an older key before noticing
		if n, err = r.sweep(ctx, &done); err != nil {
			return done, err
		}
	}
	finished := *row
	finished.OldKeys = ""
	if _, err := r.Store.TurnKey(ctx, *row, finished); err != nil {
		return done, err
	}
	return done, nil
}

// turn has the database name the newest key, and gives the row as it is then.
func (r Rotation) turn(ctx context.Context, givingUp bool) (*Installation, error) {
	for {
		row, err := r.Store.Installation(ctx, Installation{})
		if err != nil {
			return nil, err
		}
		if err := r.Sealer.follow(*row); err != nil && !givingUp {
			return nil, err
		}
		is := r.Sealer.turned(*row)
		if is.OldKeys == row.OldKeys && string(is.KeyCheck) == string(row.KeyCheck) {
			return row, nil
		}
		if _, err := r.Store.TurnKey(ctx, *row, is); err != nil {
			return nil, err
		}
		givingUp = false // it was, or somebody else turned the key: look again
	}
}

// sweepAtOnce is few enough boxes for nobody to wait for them.
const sweepAtOnce = 100

// sweep seals anew what the newest key has not sealed, and gives the number.
func (r Rotation) sweep(ctx context.Context, done *Rotated) (int, error) {
	sealed := 0
	done.Lost = 0
	for _, in := range SealedPlaces() {
		after := ""
		for {
			boxes, err := r.Store.Boxes(ctx, in, r.Sealer.newest().header(), after, sweepAtOnce)
			if err != nil {
				return sealed, err
			}
			if len(boxes) == 0 {
				break
			}
			after = boxes[len(boxes)-1].ID
			n, err := r.reseal(ctx, in, boxes, done)
			if err != nil {
				return sealed, err
			}
			sealed += n
		}
	}
	return sealed, nil
}

func (r Rotation) reseal(ctx context.Context, in SealedIn, boxes []Box, done *Rotated) (int, error) {
	fresh := make([]Resealed, 0, len(boxes))
	for _, b := range boxes {
		purpose := in.Purpose + "|" + b.ID
		secret, err := r.Sealer.Open(purpose, b.Box)
		if err != nil {
			done.Lost++
			continue
		}
		fresh = append(fresh, Resealed{ID: b.ID, Was: b.Box, Is: r.Sealer.newest().seal(purpose, secret)})
	}
	n, err := r.Store.Reseal(ctx, in, fresh)
	if err != nil {
		return 0, err
	}
	done.Sealed[in.Table] += n
	r.Said(*done)
	return n, nil
}
