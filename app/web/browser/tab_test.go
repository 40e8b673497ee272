package browser_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
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

// open opens a path of the portal, or a whole address, and gives the status of the answer.
func (b *tab) open(path string) int {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.base + path
	}
	return int(run(b, chromedp.NavigateResponse(path)).Status)
}

// opens fails the test unless the answer has that status.
func (b *tab) opens(path string, status int) {
	b.t.Helper()
	b.expects(status)
	if got := b.open(path); got != status {
		b.fatal(fmt.Errorf("%s: got status %d, want %d", path, got, status))
	}
}

// press clicks what the selector finds first, once it is visible.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// follow presses what leads to another page, waits for that page and gives its status.
func (b *tab) follow(selector string) int {
	b.t.Helper()
	b.see(selector)
	return b.leave(chromedp.Click(chromedp.CSS(selector)))
}

// leave takes steps that lead to another page, waits for that page and gives its status.
func (b *tab) leave(steps ...chromedp.Action[chromedp.Void]) int {
	b.t.Helper()
	response := run(b, func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, steps...)
	})
	if response == nil { // the page went on without asking a server
		return 0
	}
	return int(response.Status)
}

// see waits until what the selector finds is visible.
func (b *tab) see(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// gone waits until the selector finds nothing.
func (b *tab) gone(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitNotPresent(chromedp.CSS(selector)))
}

// until waits until an expression is true in a page whose scripts run.
func (b *tab) until(expression string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(stepWithin))(ctx, t)
		if err != nil {
			err = fmt.Errorf("until %s: %w", expression, err)
		}
		return chromedp.Void{}, err
	})
}

// write types into a field, after what is in it.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// rewrite types in place of what is in a field.
func (b *tab) rewrite(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)))
	b.edit("selectAll")
	b.write(selector, text)
}

// fill writes into fields by their names, all letters of one at once, as password managers do.
func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		b.do(
			chromedp.Focus(chromedp.CSS("[name="+name+"]"), chromedp.NodeVisible),
			command(input.InsertText, input.InsertTextParams{Text: values[name]}),
		)
	}
}

// keys presses keys in whatever has the focus.
func (b *tab) keys(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// edit gives an editing command, as a keyboard shortcut does.
func (b *tab) edit(what string) {
	b.t.Helper()
	b.do(command(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Commands: []string{what}}))
}

// has tells whether the selector finds anything.
func (b *tab) has(selector string) bool {
	b.t.Helper()
	return eval[bool](b, "document.querySelector("+strconv.Quote(selector)+") !== null")
}

// text is what a person reads in what the selector finds first, without the white space between.
func (b *tab) text(selector string) string {
	b.t.Helper()
	b.do(chromedp.WaitReady(chromedp.CSS(selector)))
	return strings.Join(strings.Fields(eval[string](b, "document.querySelector("+strconv.Quote(selector)+").innerText")), " ")
}

// reads fails the test unless what the selector finds contains the words.
func (b *tab) reads(selector, words string) {
	b.t.Helper()
	if got := b.text(selector); !strings.Contains(got, words) {
		b.t.Errorf("%s: got %.400q, want %q in it", selector, got, words)
	}
}

func (b *tab) value(selector string) string {
	b.t.Helper()
	return run(b, chromedp.Value(chromedp.CSS(selector)))
}

// path is where the tab is in the portal.
func (b *tab) path() string {
	b.t.Helper()
	return strings.TrimPrefix(run(b, chromedp.Location()), b.base)
}

// at fails the test unless the tab is at that path.
func (b *tab) at(path string) {
	b.t.Helper()
	if got := b.path(); got != path {
		b.t.Errorf("got at %s, want %s", got, path)
	}
}

// focused is the id of what has the focus, or its name where it has none.
func (b *tab) focused() string {
	b.t.Helper()
	return eval[string](b, "document.activeElement.id || document.activeElement.name || document.activeElement.localName")
}

// resize makes the window so large, in CSS pixels.
func (b *tab) resize(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// script runs statements in the page, as no person does.
func (b *tab) script(statements string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](statements + "\n;undefined"))
}

// signIn signs in where nobody is signed in yet.
func (b *tab) signIn(email, password string) {
	b.t.Helper()
	b.opens("/sign-in", 200)
	b.fill(map[string]string{"email": email, "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.at("/dashboard")
}

// openMenus opens every menu of the page at once, as no person can. The tool bar, which they cover in part, is taken away.
func (b *tab) openMenus() {
	b.t.Helper()
	b.script(`{
		for (const menu of document.querySelectorAll("details")) menu.open = true;
		document.querySelector("main ~ nav")?.remove();
	}`)
}

// untilReload loads the page again until an expression is true: for what happens at the server.
func (b *tab) untilReload(expression string) {
	b.t.Helper()
	for end := time.Now().Add(stepWithin); !eval[bool](b, expression); b.do(chromedp.Reload()) {
		if time.Now().After(end) {
			b.fatal(fmt.Errorf("never became true: %s", expression))
		}
	}
}

// act presses what leads to something else, in the page where scripts run and by another page where they do not.
func (b *tab) act(selector, then string) {
	b.t.Helper()
	if b.still {
		b.follow(selector)
		b.see(then)
		return
	}
	b.script("window.same = true")
	b.press(selector)
	b.see(then)
	if !eval[bool](b, "window.same === true") {
		b.t.Errorf("%s loads the page anew", selector)
	}
}

func (b *tab) attribute(selector, name string) string {
	b.t.Helper()
	return run(b, chromedp.AttributeValue(chromedp.CSS(selector), name)).Value
}
