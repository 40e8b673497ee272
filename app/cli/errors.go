package cli

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"reglink/app"
	"reglink/views/messages"
)

// errorText is an error in English: refusals of the domain from the catalogue, everything else as it is. Problems of
// fields begin with the field's label, or with its own name if labels does not have it.
func errorText(err error, labels map[string]string) string {
	english := messages.For("en")
	if problems, ok := errors.AsType[app.Problems](err); ok {
		var texts []string
		for _, field := range slices.Sorted(maps.Keys(problems)) {
			texts = append(texts, fieldLabel(field, labels)+english.Say(problems[field]))
		}
		return strings.Join(texts, " ")
	}
	if refusal, ok := errors.AsType[*app.Error](err); ok {
		return english.Say(refusal.Message)
	}
	return err.Error()
}

func fieldLabel(field string, labels map[string]string) string {
	if name, ok := labels[field]; ok {
		field = name
	}
	if field == "" {
		return ""
	}
	return field + ": "
}

// isRefusal reports whether an error is the domain's answer to what was typed, rather than a fault.
func isRefusal(err error) bool {
	if _, ok := errors.AsType[app.Problems](err); ok {
		return true
	}
	refusal, ok := errors.AsType[*app.Error](err)
	return ok && refusal.Kind != app.Unavailable
}

// inEnglish turns a refusal into an error that reads as its text, and leaves every other error as it is.
func inEnglish(err error, labels map[string]string) error {
	if isRefusal(err) {
		return errors.New(errorText(err, labels))
	}
	return err
}

// count is a number of things, as in 1 link or 2 links.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

func quoted(text string) string { return strconv.Quote(text) }

// list joins words as a sentence does: a, b and c.
func list(words []string, and string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}
