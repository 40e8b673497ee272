package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestLinksKillAll_AsksFirst(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	for _, c := range []struct {
		answer io.Reader
		args   []string
		code   int
		says   string
	}{
		{nil, nil, exitFailed, "nothing was done"},
		{strings.NewReader(""), nil, exitFailed, "nothing was done"},
		{strings.NewReader("no\n"), nil, exitFailed, "nothing was done"},
		{strings.NewReader("y\n"), []string{"--yes=false"}, exitFailed, "nothing was done"},
		{nil, []string{"--yes=perhaps"}, exitUsage, "-yes"},
		{strings.NewReader("yes\n"), nil, exitDone, ": 0 links, 1 confirmations, 0 requests to be added, 0 sessions."},
		{nil, []string{"--yes"}, exitDone, "reglink.db: 0 links, 0 confirmations"},
	} {
		var out, errs bytes.Buffer
		p := Program{Getenv: e.get, Stdin: c.answer, Stdout: &out, Stderr: &errs}
		code := p.Run(t.Context(), append([]string{"links", "kill-all"}, c.args...))
		if said := out.String() + errs.String(); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit %d and %q, want %d and %q", c.args, code, said, c.code, c.says)
		}
	}
}
