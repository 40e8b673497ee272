package cli

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"reglink/app"
	"reglink/views/messages"
)

// sentence says an error in English: refusals of the domain from the catalogue, everything else as it is.
// Problems of fields begin with the field's label, or with its own name where labels has none.
func sentence(err error, labels map[string]string) string {
	english := messages.For("en")
	if problems, ok := errors.AsType[app.Problems](err); ok {
		var said []string
		for _, field := range slices.Sorted(maps.Keys(problems)) {
			said = append(said, label(field, labels)+english.Say(problems[field]))
		}
		return strings.Join(said, " ")
	}
	if refusal, ok := errors.AsType[*app.Error](err); ok {
		return english.Say(refusal.Message)
	}
	return err.Error()
}

func label(field string, labels map[string]string) string {
	switch name, ok := labels[field]; {
	case ok:
		return name + ": "
	case field != "":
		return field + ": "
	}
	return ""
}

// refused tells whether an error is the domain's answer to what was typed, rather than a fault.
func refused(err error) bool {
	if _, ok := errors.AsType[app.Problems](err); ok {
		return true
	}
	refusal, ok := errors.AsType[*app.Error](err)
	return ok && refusal.Kind != app.Unavailable
}
