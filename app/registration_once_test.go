package app_test

import (
	"errors"
	"testing"

	"reglink/app"
)

// TestRegisterOnceMore: where the database was lost just as it was told to store a form, and a look finds it nowhere, it is stored once
// more, with the hash that there is. Only whoever meets that twice is told that nobody knows.
func TestRegisterOnceMore(t *testing.T) {
	t.Parallel()
	lost := app.PerhapsDone()
	for name, test := range map[string]struct {
		unknown  int
		answer   error // of the store afterwards, instead of storing
		stores   bool
		asked    int
		admitted int
		want     error
	}{
		"known":                          {0, nil, false, 1, 1, nil},
		"unknown once":                   {1, nil, false, 2, 1, nil},
		"unknown once, and stored":       {0, lost, true, 1, 1, nil},
		"unknown twice":                  {2, nil, false, 2, 0, app.Unavailable},
		"unknown twice, and stored":      {1, lost, true, 2, 1, nil},
		"unknown, then the link is dead": {1, app.Refuse(app.Gone, "link_dead"), false, 2, 0, app.Gone},
		"away is not unknown":            {0, app.Refuse(app.Unavailable, "database_away"), false, 1, 0, app.Unavailable},
	} {
		d := newDesk(t)
		d.store.unknown, d.store.answer, d.store.stores = test.unknown, test.answer, test.stores
		err := d.Register(t.Context(), d.token, goodForm(), visitor())
		if !errors.Is(err, test.want) || d.store.asked != test.asked || len(d.store.admitted) != test.admitted {
			t.Errorf("%s: %v after %d tries, %d stored", name, err, d.store.asked, len(d.store.admitted))
		}
	}
}

// TestRegisterOnceMoreHashesOnce: the second try costs no second hash, which might not be had any more.
func TestRegisterOnceMoreHashesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.store.unknown = 1
	d.store.then = func() { d.Hasher = nil } // whoever hashes now, falls over
	wantNoError(t, d.Register(t.Context(), d.token, goodForm(), visitor()))
	if len(d.store.admitted) != 1 {
		t.Errorf("got %d admissions, want 1", len(d.store.admitted))
	}
}

// TestRegisterOnceMoreCannotTell: where the look fails too, nothing is stored again: the look would have to come first.
func TestRegisterOnceMoreCannotTell(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.store.unknown, d.store.then = 1, func() { d.store.lookups = errBroken }
	if err := d.Register(t.Context(), d.token, goodForm(), visitor()); !errors.Is(err, errBroken) || d.store.asked != 1 {
		t.Errorf("%v after %d tries", err, d.store.asked)
	}
}
