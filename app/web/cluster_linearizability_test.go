package web_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"reglink/app"
	"reglink/app/cli/trial"
)

// The checker of histories finds what it should.
func TestLinearizabilityCheck_FindsImpossibleHistories(t *testing.T) {
	op := func(call, end int64, asked linkOperation, answered linkOutcome) porcupine.Operation {
		return porcupine.Operation{Call: call, Return: end, Input: asked, Output: answered}
	}
	in, denied := linkOutcome{done: true}, linkOutcome{}
	generate := op(0, 1, linkOperation{what: "regenerate"}, linkOutcome{done: true, link: "a"})
	register := func(call, end int64, answered linkOutcome) porcupine.Operation {
		return op(call, end, linkOperation{what: "register", link: "a"}, answered)
	}
	disable := op(10, 20, linkOperation{what: "disable"}, in)
	limit := op(25, 26, linkOperation{what: "max", link: "a"}, in)
	for name, test := range map[string]struct {
		history []porcupine.Operation
		agreed  bool
	}{
		"in before the end": {[]porcupine.Operation{generate, disable, register(5, 9, in)}, true},
		"in beside the end": {[]porcupine.Operation{generate, disable, register(5, 30, in), register(15, 16, denied)}, true},
		"in after the end":  {[]porcupine.Operation{generate, disable, register(21, 30, in)}, false},
		"in after somebody is out": {
			[]porcupine.Operation{generate, disable, register(11, 12, denied), register(13, 14, in)}, false,
		},
		"out before the end":    {[]porcupine.Operation{generate, disable, register(5, 9, denied)}, false},
		"limited after the end": {[]porcupine.Operation{generate, disable, limit, register(5, 9, in)}, false},
	} {
		if got := isLinearizable(test.history); got != test.agreed {
			t.Errorf("%s: agreed %t", name, got)
		}
	}
}

// linkRace is a crowd that registers on three nodes while Super Users change the link on each of them.
type linkRace struct {
	servers    []*portal
	began      time.Time
	mutex      sync.Mutex
	history    []porcupine.Operation
	path       atomic.Pointer[string] // that people were sent last
	unfinished atomic.Int64           // people who are not done
}

func (r *linkRace) elapsed() int64 { return time.Since(r.began).Nanoseconds() }

// record keeps one line of the history: from its call to the answer, however often it had to be asked.
func (r *linkRace) record(who int, asked linkOperation, ask func() testResponse,
	understand func(testResponse) (linkOutcome, bool),
) {
	call := r.elapsed()
	got := retryWhileUnavailable(ask)
	end := r.elapsed()
	answered, known := understand(got)
	if !known {
		got.t.Errorf("%s: status %d: %.300s", asked.what, got.status, got.text())
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.history = append(r.history,
		porcupine.Operation{ClientId: who, Call: call, Return: end, Input: asked, Output: answered})
}

// registerUntilAdmitted has somebody try by the link that was sent last, and once more by a later one, until
// it lets them in.
func (r *linkRace) registerUntilAdmitted(who int, form url.Values) {
	defer r.unfinished.Add(-1)
	p := r.servers[who%3]
	for in, try := false, 0; !in && try < 15; try++ {
		path := *r.path.Load()
		r.record(who, linkOperation{what: "register", link: path},
			func() testResponse { return browser{p: p}.post(path, form) }, func(a testResponse) (linkOutcome, bool) {
				in = a.status == http.StatusSeeOther
				return linkOutcome{done: in}, in || a.status == http.StatusGone
			})
		time.Sleep(50 * time.Millisecond)
	}
}

// changeLinkAtRandom changes the link until everybody is done.
func (r *linkRace) changeLinkAtRandom(who int, random *rand.Rand) {
	for r.unfinished.Load() > 0 {
		switch random.IntN(6) {
		case 0:
			r.disable(who)
		case 1, 2, 3:
			r.limitUses(who)
		default:
			r.regenerate(who)
		}
		time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
	}
}

func (r *linkRace) disable(who int) {
	p := r.servers[who%3]
	r.record(who, linkOperation{what: "disable"}, func() testResponse { return p.sue.post("/account/link/disable", nil) },
		func(a testResponse) (linkOutcome, bool) {
			return linkOutcome{done: true}, a.status == http.StatusSeeOther
		})
}

func (r *linkRace) regenerate(who int) {
	p := r.servers[who%3]
	r.record(who, linkOperation{what: "regenerate"},
		func() testResponse { return p.sue.withHTMX().post("/account/link/regenerate", nil) },
		func(a testResponse) (linkOutcome, bool) {
			if a.status != http.StatusOK {
				return linkOutcome{}, false
			}
			path := a.value("#registration-link-url")[len(p.base):]
			r.path.Store(&path)
			return linkOutcome{done: true, link: path}, true
		})
}

// maxUses is the maximum of every link that has one.
const maxUses = 50

func (r *linkRace) limitUses(who int) {
	p := r.servers[who%3]
	form, panel := p.sue.get("/account/link/policy"), p.sue.get("/account")
	if form.status != http.StatusOK || !panel.has("#registration-link-url") {
		return // there is no link now
	}
	id, path := form.value("[name=link]"), panel.value("#registration-link-url")[len(p.base):]
	if p.linkIDAt(path) != id {
		return // it was replaced between the two
	}
	typed := url.Values{"link": {id}, "expiry": {"never"}, "role": {"standard"}, "max_uses": {fmt.Sprint(maxUses)}}
	r.record(who, linkOperation{what: "max", link: path}, func() testResponse {
		return p.sue.post("/account/link/policy", typed)
	},
		func(a testResponse) (linkOutcome, bool) {
			refused := a.status == http.StatusConflict || a.status == http.StatusUnprocessableEntity
			return linkOutcome{done: a.status == http.StatusSeeOther}, refused || a.status == http.StatusSeeOther
		})
}

// linkIDAt is the id of the link with that path.
func (p *portal) linkIDAt(path string) string {
	hash, _ := app.HashToken(app.LinkToken, path[len("/register/"):])
	link, err := p.store.LinkByToken(p.t.Context(), hash)
	p.check(err)
	return link.ID
}

// Whatever two hundred people and three Super Users are told, on three nodes, one server could have told them
// that does one thing after the other (G-8): nobody is let in after an end or beyond a maximum, and nobody is
// denied before.
func TestG8_AnswersAreLinearizableOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const rounds, people = 4, 200
	wrong, deeds, in := 0, 0, 0
	for _, p := range servers {
		p.allowServerErrors = true
	}
	for round := range rounds {
		r := &linkRace{servers: servers, began: time.Now()}
		r.run(t, round, people)
		if !isLinearizable(r.history) {
			wrong++
			t.Errorf("round %d: no order of one server explains the answers", round)
		}
		for _, o := range r.history {
			if o.Input.(linkOperation).what == "register" && o.Output.(linkOutcome).done {
				in++
			}
		}
		deeds += len(r.history)
	}
	for _, link := range servers[0].queryColumn("SELECT id FROM links") {
		used, rows := servers[1].queryOne("SELECT used FROM links WHERE id = ?", link),
			servers[2].queryOne("SELECT COUNT(*) FROM registrations WHERE link_id = ?", link)
		if used != rows {
			wrong++
			t.Errorf("a link is counted %s times, and has %s registrations", used, rows)
		}
	}
	if over := servers[0].queryOne("SELECT COUNT(*) FROM links WHERE max_uses > 0 AND used > max_uses"); over != "0" {
		wrong++
		t.Errorf("%s links let in more than they may", over)
	}
	if in < rounds*people/20 {
		t.Errorf("%d were let in: too few to say anything", in)
	}
	trial.Report(trial.Row{
		Run:   "G-8: forms and changes of the link, at once on three nodes, in an order that one server could have had",
		Times: deeds, Verdict: trial.Verdict{Acknowledged: in, Lost: wrong},
	})
}

func (r *linkRace) run(t *testing.T, round, people int) {
	t.Helper()
	r.servers[0].sue.regenerateLink()
	r.servers[0].setLinkRule("max_uses", "") // as the model begins: without a maximum, which the next link would take over
	r.regenerate(0)
	form := r.servers[0].registrationForm(*r.path.Load(), "")
	r.unfinished.Store(int64(people))
	var all sync.WaitGroup
	for who := range 3 {
		all.Go(func() { r.changeLinkAtRandom(people+who, rand.New(rand.NewPCG(uint64(round), uint64(who)))) })
	}
	for who := range people {
		typed := maps.Clone(form)
		typed.Set("email", fmt.Sprintf("p%d.%d@acme.example", round, who))
		typed.Set("submission_id", app.NewSubmissionID())
		all.Go(func() {
			time.Sleep(time.Duration(who) * 5 * time.Millisecond)
			r.registerUntilAdmitted(who, typed)
		})
	}
	all.Wait()
}

// linkState is what everybody should agree on at each moment: the link that lets people in, or nothing.
type linkState string

// linkOperation is what was asked, and told what was answered.
type linkOperation struct {
	what string // register, regenerate, disable, max
	link string // that was used, or whose rules were changed
}

// linkOutcome is what was answered.
type linkOutcome struct {
	done bool
	link string // the new one
}

// linearizableLinkModel is the registration link as if one server alone did one thing after the other.
func linearizableLinkModel() porcupine.Model {
	return porcupine.Model{
		Partition: partitionByLink,
		Init:      func() any { return linkState("") },
		Step: func(state, input, output any) (bool, any) {
			return applyOperation(state.(linkState), input.(linkOperation), output.(linkOutcome))
		},
	}
}

// applyOperation tells whether the answer is right at that moment, and what is so after it.
func applyOperation(p linkState, asked linkOperation, answered linkOutcome) (bool, linkState) {
	switch asked.what {
	case "regenerate":
		return answered.done, linkState(answered.link)
	case "disable":
		return answered.done, ""
	}
	return (string(p) == asked.link) == answered.done, p // a form, or a maximum
}

// partitionByLink gives for each link what says something about it. What one server could have answered it
// could have answered without the people at other links, and without those who were denied or refused, who
// change nothing: leaving them out finds no fault that is none. Of those who were let in, who came last and
// who was answered first say when the link was alive; and of those who were denied, who was answered first
// says when it was dead, for here no maximum is ever raised, so that it stays so. All others lie between.
// Without that, the search would try every order of everybody. That nobody is let in beyond a maximum is seen
// in what is counted in the end.
func partitionByLink(history []porcupine.Operation) [][]porcupine.Operation {
	var changes []porcupine.Operation
	people, denied := map[string][]porcupine.Operation{}, map[string]porcupine.Operation{}
	for _, o := range history {
		asked, answered := o.Input.(linkOperation), o.Output.(linkOutcome)
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
	return asked >= maxUses
}

// isLinearizable tells whether what was answered could have come from one server that does one thing after
// the other. It is false, too, where that could not be told within a minute.
func isLinearizable(history []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(linearizableLinkModel(), history, time.Minute) == porcupine.Ok
}
