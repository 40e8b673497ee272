package web_test

import (
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// panel is what everybody should agree on at each moment: the link that lets people in, by how many it was used, and its maximum.
type panel struct {
	link string // empty: none
	used int
	max  int // 0: any number; a new link has that of the one before it
}

func (p panel) letsIn(link string) bool {
	return link != "" && p.link == link && (p.max == 0 || p.used < p.max)
}

// deed is what was asked, and told what was answered.
type deed struct {
	what string // register, regenerate, disable, max
	link string // that was used, or whose rules were changed
	max  int
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
		Init:      func() any { return panel{} },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(panel), input.(deed), output.(told))
		},
	}
}

// step tells whether the answer is right at that moment, and what is so after it.
func step(p panel, asked deed, answered told) (bool, panel) {
	switch asked.what {
	case "register":
		if !answered.done {
			return !p.letsIn(asked.link), p
		}
		ok := p.letsIn(asked.link)
		p.used++
		return ok, p
	case "regenerate":
		return answered.done, panel{link: answered.link, max: p.max}
	case "disable":
		p.link = ""
		return answered.done, p
	}
	fits := p.link == asked.link && (asked.max == 0 || p.used <= asked.max)
	if answered.done {
		p.max = asked.max
	}
	return fits == answered.done, p
}

// byLink gives for each link what says something about it. What one server could have answered it could have answered without the
// people at other links, and without those who were denied or refused, who change nothing: leaving them out finds no fault that is none.
// Here no maximum is ever raised, so a link that lets nobody in never does again: of all who were denied by it, only the first answer
// says something, for the others end later. Without that, the search would try every order of everybody.
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
	for link, first := range denied {
		people[link] = append(people[link], first)
	}
	var all [][]porcupine.Operation
	for _, theirs := range people {
		all = append(all, slices.Concat(changes, theirs))
	}
	return all
}

// agreed tells whether what was answered could have come from one server that does one thing after the other. It is false, too, where
// that could not be told within a minute.
func agreed(history []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(panelModel(), history, time.Minute) == porcupine.Ok
}
