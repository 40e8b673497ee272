package app_test

import (
	"context"
	"errors"
	"testing"

	"reglink/app"
)

// fakeDirectory is a directory whose answer is fixed, and that counts how often it is asked.
type fakeDirectory struct {
	known bool
	err   error
	asked *int
}

func (d fakeDirectory) EmailHasLogin(context.Context, string) (bool, error) {
	*d.asked++
	return d.known, d.err
}

func TestDirectories_AskAllAndFailClosed(t *testing.T) {
	t.Parallel()
	away := app.Refuse(app.Unavailable, "directory_away")
	for name, c := range map[string]struct {
		first, second fakeDirectory
		known         bool
		asked         int
		err           error
	}{
		"nobody knows":     {asked: 2},
		"the first knows":  {first: fakeDirectory{known: true}, known: true, asked: 2},
		"the second knows": {second: fakeDirectory{known: true}, known: true, asked: 2},
		"the first is away": {
			first: fakeDirectory{err: away}, second: fakeDirectory{known: true}, asked: 1, err: app.Unavailable,
		},
		"the second is away": {
			first: fakeDirectory{known: true}, second: fakeDirectory{err: away}, asked: 2, err: app.Unavailable,
		},
		"knows, and then fails": {first: fakeDirectory{known: true, err: away}, asked: 1, err: app.Unavailable},
	} {
		asked := 0
		c.first.asked, c.second.asked = &asked, &asked
		known, err := app.Directories{c.first, c.second}.EmailHasLogin(t.Context(), "lea@learn.example")
		if known != c.known || asked != c.asked || !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, %v after %d questions, want %v, %v after %d", name, known, err, asked, c.known, c.err, c.asked)
		}
	}
}
