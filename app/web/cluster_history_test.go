//go:build cluster

package web_test

import (
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
		Init: func() any { return panel{} },
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

// telling drops what adds nothing. Here no maximum is ever raised, so a link that lets nobody in never does again: of all who were
// denied by one link, only the first answer says something, for the others end later. Without that, the search would try every order
// of the denied.
func telling(history []porcupine.Operation) []porcupine.Operation {
	first := map[string]porcupine.Operation{}
	var kept []porcupine.Operation
	for _, o := range history {
		asked := o.Input.(deed)
		if asked.what != "register" || o.Output.(told).done {
			kept = append(kept, o)
			continue
		}
		if before, ok := first[asked.link]; !ok || o.Return < before.Return {
			first[asked.link] = o
		}
	}
	for _, o := range first {
		kept = append(kept, o)
	}
	return kept
}

// agreed tells whether what was answered could have come from one server that does one thing after the other.
func agreed(history []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(panelModel(), telling(history), time.Minute) == porcupine.Ok
}
