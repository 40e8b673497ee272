package messages

import (
	"fmt"
	"maps"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"

	"reglink/app"
)

// Printer writes one language. The zero Printer writes English. It may be used by many goroutines at once.
type Printer struct {
	chosen *catalogue
	strict bool
}

// Strict returns a Printer of English that panics where an id or a value is missing, so that tests find it. Every
// other Printer shows the id: better than no page.
func Strict() Printer { return Printer{strict: true} }

// In returns the Printer of a tag that Match gave, as strict as p; any other tag is English.
func (p Printer) In(tag string) Printer {
	p.chosen = nil
	for _, c := range loadOnce().catalogues {
		if c.tag == tag {
			p.chosen = c
		}
	}
	return p
}

func (p Printer) catalogue() *catalogue {
	if p.chosen == nil {
		return loadOnce().catalogues[0]
	}
	return p.chosen
}

// Tag is the language's BCP 47 tag, for the lang attribute.
func (p Printer) Tag() string { return p.catalogue().tag }

// T gives the sentence of an id, filled with pairs of name and value: T("too_long", "Max", 100). The value
// named Count chooses the plural form. Whole numbers are written as the language writes them, times as their
// day. The sentence is text, not HTML: escape what it says.
func (p Printer) T(id string, pairs ...any) string {
	if text, ok := p.catalogue().plain[id]; ok {
		return text
	}
	return p.localize(app.Say(id, pairs...))
}

// Say gives the sentence of a message of the domain as T does; the zero Message is empty.
func (p Printer) Say(m app.Message) string {
	if text, ok := p.catalogue().plain[m.ID]; ok || m.None() {
		return text
	}
	return p.localize(m)
}

func (p Printer) localize(m app.Message) string {
	text, err := p.catalogue().localizer.Localize(&i18n.LocalizeConfig{
		MessageID: m.ID, TemplateData: p.formatValues(m.Values), PluralCount: m.Values["Count"],
		TemplateParser: &template.TextParser{Option: "missingkey=error"}, // by itself it writes "<no value>"
	})
	if err == nil {
		return text
	}
	if p.strict {
		panic(fmt.Sprintf("messages: %s in %q: %v", m.ID, p.Tag(), err))
	}
	return m.ID
}

// formatValues gives the values as they are shown.
func (p Printer) formatValues(values map[string]any) map[string]any {
	shown := maps.Clone(values)
	for name, value := range values {
		switch value := value.(type) {
		case int:
			shown[name] = p.Number(value)
		case time.Time:
			shown[name] = p.Date(value)
		}
	}
	return shown
}

// Number writes a whole number with the language's grouping: 10,000 or 10.000.
func (p Printer) Number(n int) string { return p.catalogue().locale.FmtNumber(float64(n), 0) }

// Date writes the day in UTC: 3 November 2026.
func (p Printer) Date(t time.Time) string { return p.catalogue().locale.FmtDateLong(t.UTC()) }

// DateTime writes day and time and says that it is UTC: 3 November 2026, 15:04 UTC.
func (p Printer) DateTime(t time.Time) string {
	return p.T("date_time", "Date", p.Date(t), "Time", t.UTC().Format("15:04"))
}
