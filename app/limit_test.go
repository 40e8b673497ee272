package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

func TestConsume_CountsAllOrRefuses(t *testing.T) {
	t.Parallel()
	use := func(name string, limit, spare int, look bool) app.LimitUse {
		return app.LimitUse{Name: name, Max: limit, EndsAt: noon.Add(time.Minute), Spare: spare, CheckOnly: look}
	}
	left := func(name string, n int) app.LimitCount {
		return app.LimitCount{Name: name, Remaining: n, EndsAt: noon.Add(10 * time.Second)}
	}
	over := app.LimitCount{Name: "a", EndsAt: noon}
	a, b, look := use("a", 3, 0, false), use("b", 5, 2, false), use("l", 3, 0, true)
	for _, row := range []struct {
		what  string
		uses  []app.LimitUse
		known []app.LimitCount
		want  string
	}{
		{"nothing", nil, nil, "running [] begun []"},
		{"the first", []app.LimitUse{a}, nil, "running [] begun [a 2]"},
		{"the second", []app.LimitUse{a}, []app.LimitCount{left("a", 2)}, "running [a] begun []"},
		{"the last", []app.LimitUse{a}, []app.LimitCount{left("a", 1)}, "running [a] begun []"},
		{"one more", []app.LimitUse{a}, []app.LimitCount{left("a", 0)}, "until 10s"},
		{"after the window", []app.LimitUse{a}, []app.LimitCount{over}, "running [] begun [a 2]"},
		{"one of two is used up", []app.LimitUse{a, use("c", 1, 0, false)}, []app.LimitCount{left("c", 0)}, "until 10s"},
		{"looking counts nothing", []app.LimitUse{a, look}, []app.LimitCount{left("l", 1)}, "running [] begun [a 2]"},
		{"looking refuses", []app.LimitUse{a, look}, []app.LimitCount{left("l", 0)}, "until 10s"},
		{"others filled it", []app.LimitUse{a, b}, []app.LimitCount{left("b", 0)}, "running [] begun [a 2]"},
		{"mostly others did", []app.LimitUse{a, b}, []app.LimitCount{left("a", 2), left("b", 0)}, "running [a] begun []"},
		{"they did it, too", []app.LimitUse{a, b}, []app.LimitCount{left("a", 1), left("b", 0)}, "until 10s"},
		{"they did it long ago", []app.LimitUse{a, b}, []app.LimitCount{over, left("b", 0)}, "running [] begun [a 2]"},
	} {
		known := map[string]app.LimitCount{}
		for _, count := range row.known {
			known[count.Name] = count
		}
		if got := formatConsumption(app.Consume(row.uses, known, noon)); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
}

func formatConsumption(s app.Consumption) string {
	if !s.Until.IsZero() {
		if len(s.Counted()) > 0 {
			return "refused and counted"
		}
		return "until " + s.Until.Sub(noon).String()
	}
	begun := []string{}
	for _, c := range s.Begun {
		begun = append(begun, fmt.Sprint(c.Name, " ", c.Remaining))
	}
	return fmt.Sprintf("running %v begun %v", s.Running, begun)
}

// Each limit counts address blocks first, and no count that strangers can fill up refuses whoever did not
// contribute, except of the mails that an address is sent (T-51).
func TestLimits_CountBlocksFirstAndLockNobodyOut(t *testing.T) {
	t.Parallel()
	who := app.LimitAttempt{Block: "203.0.113.9", Token: app.NewToken(app.LinkToken), Email: "sue@acme.example"}
	other := app.LimitAttempt{Block: "2001:db8::/64", Token: who.Token, Email: who.Email}
	limits := []app.Limit{
		app.PasswordCheckLimit, app.PasswordFormLimit, app.FieldCheckLimit, app.TokenLookupLimit,
		app.MailLimit, app.ReportLimit,
	}
	for _, limit := range limits {
		rules := limit.Rules()
		if rules[0].Of(who) != who.Block {
			t.Errorf("%s does not count blocks first", limit)
		}
		for i, rule := range rules {
			if rule.Max < 1 || rule.Window <= 0 || rule.Of(who) == "" {
				t.Errorf("%s counts nothing", rule.Name)
			}
			if rule.Of(who) != rule.Of(other) || limit == app.MailLimit {
				continue
			}
			if i == 0 || rule.Spare == 0 || rules[i-1].Of(who) == rules[i-1].Of(other) || rule.Spare > rules[i-1].Max {
				t.Errorf("%s locks people out", rule.Name)
			}
		}
	}
	if rules := app.Limit("").Rules(); rules != nil {
		t.Errorf("no limit counts %v", rules)
	}
}

func TestLimits_CountSpellingsAsOne(t *testing.T) {
	t.Parallel()
	email := app.PasswordCheckLimit.Rules()[2]
	for _, spelling := range []string{"sue@acme.example", "SUE@Acme.Example", " sue@ACME.example\t"} {
		if got := email.Of(app.LimitAttempt{Email: spelling}); got != "sue@acme.example" {
			t.Errorf("%q is counted as %q", spelling, got)
		}
	}
	for _, none := range []string{"", "sue", "a@b@c.example", "sue@acme.example\x00", strings.Repeat("a", 300)} {
		if got := email.Of(app.LimitAttempt{Email: none}); got != "" {
			t.Errorf("%q is counted as %q", none, got)
		}
	}
	link := app.PasswordFormLimit.Rules()[1]
	for _, none := range []string{"", "x", app.NewToken(app.ConfirmationToken), strings.Repeat("a", 47)} {
		if got := link.Of(app.LimitAttempt{Token: none}); got != "" {
			t.Errorf("%q is counted as the link %q", none, got)
		}
	}
	if got := app.UnknownTokenRule().Of(app.LimitAttempt{Block: "203.0.113.9"}); got != "" {
		t.Errorf("without a secret, one is counted for %q", got)
	}
}
