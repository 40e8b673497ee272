package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"reglink/app"
)

// Every rule is made, with everything that Deps has for it: what two rules share is the same in both.
func TestNew_MakesEveryRuleOfTheSameDeps(t *testing.T) {
	t.Parallel()
	deps := app.Deps{
		Store: struct{ app.Store }{}, Sealer: newSealer(t), Hasher: app.NewPasswordHasher(cheapParams),
		Clock: (&fakeClock{noon}).now, MaxLinkAge: 30, EnforceLimits: true,
	}
	rules := reflect.ValueOf(app.New(deps)).Elem()
	for i := range rules.NumField() {
		rule, name := reflect.Indirect(rules.Field(i)), rules.Type().Field(i).Name
		if !rule.IsValid() {
			t.Errorf("%s is not made", name)
			continue
		}
		if rule.Kind() != reflect.Struct || name == "Sealer" {
			continue
		}
		for _, shared := range []string{"Store", "Sealer", "Hasher", "MaxLinkAge", "Clock"} {
			if field := rule.FieldByName(shared); field.IsValid() && field.IsZero() {
				t.Errorf("%s has no %s", name, shared)
			}
		}
	}
}

// An installation without limits counts nothing, and reports each registration by itself.
func TestNew_LimitsAreOneChoice(t *testing.T) {
	t.Parallel()
	for _, enforced := range []bool{true, false} {
		rules := app.New(app.Deps{EnforceLimits: enforced})
		if (rules.Limits != nil) != enforced || rules.SecondFactors.Limits != rules.Limits ||
			rules.Registrations.Digest != enforced {
			t.Errorf("enforced %t: %+v, of codes %+v, digest %t", enforced, rules.Limits, rules.SecondFactors.Limits,
				rules.Registrations.Digest)
		}
	}
}

// What a rule could not write down is in the log; without one, nobody hears of it.
func TestNew_UnrecordedIsLogged(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for _, log := range []*slog.Logger{nil, slog.New(slog.NewTextHandler(&text, nil))} {
		rules := app.New(app.Deps{Log: log})
		rules.Registrations.OnUnrecorded(context.Background(), errBroken)
		rules.SecondFactors.OnUncounted(context.Background(), errBroken)
	}
	if got := text.String(); strings.Count(got, errBroken.Error()) != 2 || !strings.Contains(got, "limit=") {
		t.Errorf("got %q", got)
	}
}
