package web_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// panel is what everybody should agree on at each moment: the link that lets people in, or nothing.
type panel string

// deed is what was asked, and told what was answered.
type deed struct {
	what string // register, regenerate, disable, max
	link string // that was used, or whose rules were changed
}

// told is what was answered.
type told struct {
	done bool
	link string // the new one
}

// panelModel is the registration link as if one server alone did one thing after the other.
func panelModel() porcupine.Model {
	return porcupine.Model{
		Partition: byLink,
		Init:      func() any { return panel("") },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(panel), input.(deed), output.(told))
		},
	}
}

// step tells whether the answer is right at that moment, and what is so after it.
func step(p panel, asked deed, answered told) (bool, panel) {
	switch asked.what {
	case "regenerate":
		return answered.done, panel(answered.link)
	case "disable":
		return answered.done, ""
	}
	return (string(p) == asked.link) == answered.done, p // a form, or a maximum
}

// byLink gives for each link what says something about it. What one server could have answered it could have answered without the
// people at other links, and without those who were denied or refused, who change nothing: leaving them out finds no fault that is none.
// Of those who were let in, who came last and who was answered first say when the link was alive; and of those who were denied, who was
// answered first says when it was dead, for here no maximum is ever raised, so that it stays so. All others lie between. Without that,
// the search would try every order of everybody. That nobody is let in beyond a maximum is seen in what is counted in the end.
func byLink(history []porcupine.Operation) [][]porcupine.Operation {
	var changes []porcupine.Operation
	people, denied := map[string][]porcupine.Operation{}, map[string]porcupine.Operation{}
	for _, o := range history {
		asked, answered := o.Input.(deed), o.Output.(told)
		before, known := denied[asked.link]
		switch {
		case asked.what == "register" && answered.done:
			people[asked.link] = append(people[asked.link], o)
		case asked.what == "register" && (!known || o.Return < before.Return):
			denied[asked.link] = o
		case asked.what != "register" && answered.done:
			changes = append(changes, o)
		}
	}
	var all [][]porcupine.Operation
	for link, in := range people {
		theirs := []porcupine.Operation{
			slices.MinFunc(in, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) }),
			slices.MaxFunc(in, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) }),
		}
		if out, known := denied[link]; known && !mayBeFull(in, out) {
			theirs = append(theirs, out)
		}
		all = append(all, slices.Concat(changes, theirs))
	}
	for link, out := range denied {
		if people[link] == nil {
			all = append(all, slices.Concat(changes, []porcupine.Operation{out}))
		}
	}
	return all
}

// mayBeFull tells whether so many had asked before somebody was denied that the link may have been full.
func mayBeFull(in []porcupine.Operation, out porcupine.Operation) bool {
	asked := 0
	for _, o := range in {
		if o.Call < out.Return {
			asked++
		}
	}
	return asked >= places
}

// agreed tells whether what was answered could have come from one server that does one thing after the other. It is false, too, where
// that could not be told within a minute.
func agreed(history []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(panelModel(), history, time.Minute) == porcupine.Ok
}
