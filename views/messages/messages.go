// Package messages turns the domain's message ids into sentences of the reader's language.
//
// Each TAG.toml beside it is one language, and each FEATURE.TAG.toml what a feature says in it. A test holds
// all languages to the same ids, the same values and complete plural forms.
package messages

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en_GB"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// fallbackTag is the language of whoever wants none of ours.
const fallbackTag = "en"

//go:embed *.toml
var files embed.FS

// catalogueSet is every catalogue, the fallback first, and what finds the right one.
type catalogueSet struct {
	catalogues []*catalogue
	matcher    language.Matcher
}

// loadOnce reads the catalogues once. They are part of the binary: one that cannot be read is a fault that no
// test run passes.
var loadOnce = sync.OnceValue(func() *catalogueSet {
	s, err := load(files)
	if err != nil {
		panic(fmt.Sprintf("messages: %v", err))
	}
	return s
})

func load(files fs.ReadDirFS) (*catalogueSet, error) {
	bundle := i18n.NewBundle(language.MustParse(fallbackTag))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	byTag := map[string][]*i18n.Message{}
	for _, name := range names {
		file, err := bundle.LoadMessageFileFS(files, name.Name())
		if err != nil {
			return nil, err
		}
		tag := tagOf(name.Name())
		byTag[tag] = append(byTag[tag], file.Messages...)
	}
	s := &catalogueSet{}
	for tag, all := range byTag {
		s.catalogues = append(s.catalogues, newCatalogue(tag, all, bundle))
	}
	slices.SortFunc(s.catalogues, fallbackFirst)
	tags := make([]language.Tag, len(s.catalogues))
	for i, c := range s.catalogues {
		tags[i] = language.MustParse(c.tag)
	}
	s.matcher = language.NewMatcher(tags)
	return s, nil
}

// tagOf gives the language of a catalogue's file: de of "de.toml" and of "members.de.toml".
func tagOf(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	return name[strings.LastIndexByte(name, '.')+1:]
}

func fallbackFirst(a, b *catalogue) int {
	switch fallbackTag {
	case a.tag:
		return -1
	case b.tag:
		return 1
	}
	return strings.Compare(a.tag, b.tag)
}

// catalogue is one language. Sentences without values, most of what a page says, lie ready; the others are
// filled by go-i18n.
type catalogue struct {
	tag       string
	plain     map[string]string
	localizer *i18n.Localizer
	locale    locales.Translator
}

// localeOf returns what writes numbers and dates as the CLDR has them for a language.
func localeOf(tag string) locales.Translator {
	if tag == "de" {
		return de.New()
	}
	return en_GB.New() // the day before the month
}

func newCatalogue(tag string, all []*i18n.Message, bundle *i18n.Bundle) *catalogue {
	plain := make(map[string]string, len(all))
	for _, m := range all {
		forms := m.Zero + m.One + m.Two + m.Few + m.Many
		if forms == "" && !strings.Contains(m.Other, "{{") {
			plain[m.ID] = m.Other
		}
	}
	return &catalogue{
		tag: tag, plain: plain, localizer: i18n.NewLocalizer(bundle, tag), locale: localeOf(tag),
	}
}

// Language is one that people can choose.
type Language struct {
	Tag  string // BCP 47, as in the names of the catalogues
	Name string // in the language itself
}

// Languages lists all of them, English first.
func Languages() []Language {
	var all []Language
	for _, c := range loadOnce().catalogues {
		all = append(all, Language{Tag: c.tag, Name: c.plain["language_name"]})
	}
	return all
}

// Match gives the tag of the language that suits best. Each candidate is a tag or the value of an
// Accept-Language header; the first that matches at all decides, so put what a person chose before what a
// browser sends. Without a match it is "en".
func Match(candidates ...string) string {
	s := loadOnce()
	for _, candidate := range candidates {
		wanted, _, err := language.ParseAcceptLanguage(candidate)
		if err != nil || len(wanted) == 0 {
			continue
		}
		if _, i, confidence := s.matcher.Match(wanted...); confidence > language.No {
			return s.catalogues[i].tag
		}
	}
	return fallbackTag
}

// For gives the Printer of a tag that Match gave; any other tag is English.
func For(tag string) Printer { return Printer{}.In(tag) }

type contextKey struct{}

// With gives a context in which From finds the Printer.
func With(ctx context.Context, p Printer) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From gives the Printer of the context, or the English one.
func From(ctx context.Context) Printer {
	p, _ := ctx.Value(contextKey{}).(Printer)
	return p
}
