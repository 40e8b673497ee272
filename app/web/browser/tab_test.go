package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// How long a step and how long everything in a tab may take before the test fails: far longer than on an idle machine.
const (
	stepWithin = 30 * time.Second
	tabWithin  = 5 * time.Minute
)

// tab is a tab with cookies of its own, as if on a machine of its own. Whatever its page complains about fails the test.
type tab struct {
	t     *testing.T
	ctx   context.Context
	base  string // of the portal
	still bool   // its pages run no script
	trail *trail // notes where it has been; nil: nowhere

	mutex    sync.Mutex
	said     []string
	expected []int
}

func newTab(t *testing.T, base string) *tab {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, base: base}
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	ctx, cancel := context.WithTimeout(ctx, tabWithin)
	b.ctx = ctx
	t.Cleanup(func() {
		b.complaints()
		cancel()
		closeTab()
	})
	// Of several windows one only has the focus; each of ours shall act as if it had.
	if err := chromedp.Do(ctx, command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})); err != nil {
		t.Fatal(err)
	}
	b.resize(1280, 900)
	return b
}

// leaving has the tab note where it has been.
func (b *tab) leaving(s *trail) *tab {
	b.trail = s
	return b
}

// expects allows the browser to report answers with these statuses, as it does for every 4xx.
func (b *tab) expects(statuses ...int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.expected = append(b.expected, statuses...)
}

// listen notes what the page complains about. It runs in the loop that reads the browser's messages.
func (b *tab) listen(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if slices.Contains([]string{"error", "warning", "assert"}, string(e.Type)) {
			b.said = append(b.said, fmt.Sprintf("console.%s: %s", e.Type, arguments(e.Args)))
		}
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, "exception: "+exception(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if !b.foreseen(e.Entry) {
			b.said = append(b.said, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (b *tab) foreseen(entry *log.Entry) bool {
	if entry.Level != log.EntryLevelError && entry.Level != log.EntryLevelWarning {
		return true
	}
	return slices.ContainsFunc(b.expected, func(status int) bool {
		return strings.Contains(entry.Text, fmt.Sprintf("responded with a status of %d ", status))
	})
}

func arguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		all = append(all, a.Description+string(a.Value))
	}
	return strings.Join(all, " ")
}

func exception(details *runtime.ExceptionDetails) string {
	if details.Exception != nil {
		return details.Exception.Description
	}
	return details.Text
}

// complaints fails the test for what the page complained about so far.
func (b *tab) complaints() {
	b.t.Helper()
	_, _ = chromedp.Run(b.ctx, chromedp.Evaluate[int]("0")) // what came before its answer was listened to
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, words := range b.said {
		b.t.Errorf("the page complains: %s", words)
	}
	b.said = nil
}

// do takes steps, one after the other.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	run(b, chromedp.Steps(steps...))
}

// run takes a step and gives what it found.
func run[T any](b *tab, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	found, err := chromedp.Run(ctx, step)
	if err != nil {
		b.fatal(err)
	}
	return found
}

func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// fatal fails the test and says what the page showed.
func (b *tab) fatal(err error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname.slice(0, 24) + ': ' + document.querySelector('main')?.innerText"))
	b.complaints()
	b.t.Fatalf("%v\nthe page: %.4000s", err, shown)
}

// TestComplaints proves that what a page complains about is heard.
func TestComplaints(t *testing.T) {
	t.Parallel()
	b := newTab(t, start(t, on(dbtest.SQLite(t)), "serve").base)
	for words, script := range map[string]string{
		"Content Security Policy":    `document.head.append(Object.assign(document.createElement("style"), { textContent: "p { color: red }" }))`,
		"console.error: \"mistake\"": `console.error("mistake")`,
		"exception: Error: fault":    `setTimeout(() => { throw new Error("fault") })`,
		"status of 404":              `fetch("/nothing")`,
	} {
		b.opens("/sign-in", 200)
		b.script(script)
		b.heard(words)
	}
}

// heard waits until the page has complained with the words, and forgives it.
func (b *tab) heard(words string) {
	b.t.Helper()
	for end := time.Now().Add(stepWithin); time.Now().Before(end); b.has("html") {
		b.mutex.Lock()
		said := strings.Join(b.said, "\n")
		b.said = nil
		b.mutex.Unlock()
		if strings.Contains(said, words) {
			return
		}
	}
	b.t.Errorf("nobody hears of %s", words)
}
