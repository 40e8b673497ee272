package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"reglink/app"
)

func validAddresses(list app.AddressList) string {
	var all []string
	for _, a := range list.Good {
		all = append(all, a.Email)
	}
	return strings.Join(all, " ")
}

func invalidAddresses(list app.AddressList) string {
	var all []string
	for _, b := range list.Bad {
		all = append(all, fmt.Sprintf("%d:%s:%s", b.Line, b.Text, b.Problem.ID))
	}
	return strings.Join(all, " ")
}

func TestReadAddresses_SeparatesValidFromInvalid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ good, bad string }{
		"":                                  {},
		"a@x.example":                       {good: "a@x.example"},
		"a@x.example\nb@x.example":          {good: "a@x.example b@x.example"},
		"a@x.example\r\nb@x.example\r":      {good: "a@x.example b@x.example"},
		"a@x.example, b@x.example":          {good: "a@x.example b@x.example"},
		"a@x.example;b@x.example;":          {good: "a@x.example b@x.example"},
		"a@x.example\tb@x.example":          {good: "a@x.example b@x.example"},
		"a@x.example A@X.example":           {good: "a@x.example"},
		"A@X.example\n\na@x.example":        {good: "A@X.example"},
		"Nia Okafor <a@x.example>":          {good: "a@x.example"},
		"<a@x.example>, <b@x.example>":      {good: "a@x.example b@x.example"},
		"N <a@x.example> B <b@x.example>":   {good: "a@x.example b@x.example"},
		`"Okafor, Nia" <a@x.example>`:       {good: "a@x.example"},
		`"b@x.example" <a@x.example>`:       {good: "a@x.example"},
		"Okafor, Nia <a@x.example>; Ben":    {good: "a@x.example"},
		"'a@x.example'; mailto:b@x.example": {good: "a@x.example b@x.example"},
		`"a@x.example";"b@x.example"`:       {good: "a@x.example b@x.example"},
		`1,"a@x.example, b@x.example",IT`:   {good: "a@x.example b@x.example"},
		`5" pipe,a@x.example`:               {good: "a@x.example"},
		"o'neill@x.example":                 {good: "o'neill@x.example"},
		"a@b\u00fccher.example":             {good: "a@b\u00fccher.example"},
		"\u00a0a@x.example\u00a0":           {good: "a@x.example"},
		"a@b@c.example a@x.example":         {good: "a@x.example", bad: "1:a@b@c.example:email_only_one"},
		"a@x":                               {bad: "1:a@x:email_domain_invalid"},
		"nia":                               {bad: "1:nia:address_missing"},
		"sue @x.example":                    {bad: "1:@x.example:email_invalid"},
		"<a@x.example":                      {bad: "1:<a@x.example:email_bare"},
		"N <a@x>":                           {bad: "1:a@x:email_domain_invalid"},
		"a@x.example\nnia.x.example":        {good: "a@x.example", bad: "2:nia.x.example:address_missing"},
		"a@x.example\x00":                   {bad: "1:a@x.example\ufffd:text_control"},
		"\n\na@x.example\u202e\nb@x":        {bad: "3:a@x.example\ufffd:text_control 4:b@x:email_domain_invalid"},
		// A first line without an address names the columns, but one with a forgotten @ does not.
		"Email\na@x.example":                {good: "a@x.example"},
		"Name;E-Mail\nNia;a@x.example":      {good: "a@x.example"},
		"\nNo.\tEmail\n1\ta@x.example":      {good: "a@x.example"},
		"nia.x.example\na@x.example":        {good: "a@x.example", bad: "1:nia.x.example:address_missing"},
		"Name\nEmail\na@x.example":          {good: "a@x.example", bad: "2:Email:address_missing"},
		"Name,Email\nNia,\nBen,b@x.example": {good: "b@x.example", bad: "2:Nia,:address_missing"},
	} {
		list := app.ReadAddresses(text)
		if validAddresses(list) != want.good || invalidAddresses(list) != want.bad {
			t.Errorf("%q:\n got %q and %q,\nwant %q and %q", text, validAddresses(list), invalidAddresses(list), want.good,
				want.bad)
		}
	}
}

func FuzzReadAddresses(f *testing.F) {
	for _, seed := range []string{
		"Name;Email\nNia;a@x.example", `"Okafor, Nia" <a@x.example>, b@x.example`, "a@x\n\x00@\"",
		"<<a@x.example>>\t'b@x.example'", "\xff@\xfe.example",
		"mailto:mailto:a@x.example", `'"a@x.example"'`, "a@\u2137.example", "@@@@", "\"@", "\uFEFFa@x.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := app.ReadAddresses(text)
		var keys []string
		for _, a := range list.Good {
			key, problem := app.EmailKey(a.Email)
			if !problem.None() || key != a.Key || !strings.Contains(text, a.Email) {
				t.Errorf("%q gives %q with the key %q: %s", text, a.Email, a.Key, problem.ID)
			}
			keys = append(keys, key)
		}
		if slices.Sort(keys); len(slices.Compact(keys)) != len(list.Good) {
			t.Errorf("%q gives an address twice", text)
		}
		for _, b := range list.Bad {
			if b.Line < 1 || b.Line > 1+strings.Count(text, "\n")+strings.Count(text, "\r") || b.Problem.None() {
				t.Errorf("%q: in line %d %q is bad because of %q", text, b.Line, b.Text, b.Problem.ID)
			}
			if !utf8.ValidString(b.Text) || utf8.RuneCountInString(b.Text) > 80 {
				t.Errorf("%q: %q cannot be shown", text, b.Text)
			}
		}
		again := app.ReadAddresses(strings.ReplaceAll(validAddresses(list), " ", "\n"))
		if validAddresses(again) != validAddresses(list) || len(again.Bad) != 0 {
			t.Errorf("%q: what was found is read as %q and %q", text, validAddresses(again), invalidAddresses(again))
		}
	})
}
