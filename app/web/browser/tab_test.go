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

// tab is a tab with cookies of its own, as if on a machine of its own. Whatever its page complains about
// fails the test.
type tab struct {
	t          *testing.T
	ctx        context.Context
	base       string        // of the portal
	scriptsOff bool          // its pages run no script
	visited    *visitedPaths // notes where it has been; nil: nowhere

	mutex            sync.Mutex
	heardComplaints  []string
	expectedStatuses []int
}

func newTab(t *testing.T, base string) *tab {
	t.Helper()
	parent, err := sharedChromium()
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, base: base}
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.onEvent))
	ctx, cancel := context.WithTimeout(ctx, tabWithin)
	b.ctx = ctx
	t.Cleanup(func() {
		b.wantNoComplaints()
		cancel()
		closeTab()
	})
	// Of several windows one only has the focus; each of ours shall act as if it had.
	if err := chromedp.Do(ctx, cdpCommand(emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})); err != nil {
		t.Fatal(err)
	}
	b.resize(1280, 900)
	return b
}

// recordingPaths has the tab note where it has been.
func (b *tab) recordingPaths(s *visitedPaths) *tab {
	b.visited = s
	return b
}

// expectStatuses allows the browser to report answers with these statuses, as it does for every 4xx.
func (b *tab) expectStatuses(statuses ...int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.expectedStatuses = append(b.expectedStatuses, statuses...)
}

// onEvent notes what the page complains about. It runs in the loop that reads the browser's messages.
func (b *tab) onEvent(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if slices.Contains([]string{"error", "warning", "assert"}, string(e.Type)) {
			b.heardComplaints = append(b.heardComplaints, fmt.Sprintf("console.%s: %s", e.Type, formatArguments(e.Args)))
		}
	case *runtime.EventExceptionThrown:
		b.heardComplaints = append(b.heardComplaints, "exception: "+formatException(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if !b.isExpected(e.Entry) {
			b.heardComplaints = append(b.heardComplaints,
				fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (b *tab) isExpected(entry *log.Entry) bool {
	if entry.Level != log.EntryLevelError && entry.Level != log.EntryLevelWarning {
		return true
	}
	return slices.ContainsFunc(b.expectedStatuses, func(status int) bool {
		return strings.Contains(entry.Text, fmt.Sprintf("responded with a status of %d ", status))
	})
}

func formatArguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		all = append(all, a.Description+string(a.Value))
	}
	return strings.Join(all, " ")
}

func formatException(details *runtime.ExceptionDetails) string {
	if details.Exception != nil {
		return details.Exception.Description
	}
	return details.Text
}

// wantNoComplaints fails the test for what the page complained about so far.
func (b *tab) wantNoComplaints() {
	b.t.Helper()
	_, _ = chromedp.Run(b.ctx, chromedp.Evaluate[int]("0")) // what came before its answer was listened to
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, words := range b.heardComplaints {
		b.t.Errorf("the page complains: %s", words)
	}
	b.heardComplaints = nil
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
	shown, _ := chromedp.Run(ctx,
		chromedp.Evaluate[string]("location.pathname.slice(0, 24) + ': ' + document.querySelector('main')?.innerText"))
	b.wantNoComplaints()
	b.t.Fatalf("%v\nthe page: %.4000s", err, shown)
}

// TestTab_HearsWhatPagesComplainAbout proves that what a page complains about is heard.
func TestTab_HearsWhatPagesComplainAbout(t *testing.T) {
	t.Parallel()
	b := newTab(t, startProgram(t, environment(dbtest.SQLite(t)), "serve").base)
	for words, script := range map[string]string{
		"Content Security Policy": `document.head.append(
			Object.assign(document.createElement("style"), { textContent: "p { color: red }" }))`,
		"console.error: \"mistake\"": `console.error("mistake")`,
		"exception: Error: fault":    `setTimeout(() => { throw new Error("fault") })`,
		"status of 404":              `fetch("/nothing")`,
	} {
		b.openPage("/sign-in", 200)
		b.runScript(script)
		b.wantComplaint(words)
	}
}

// wantComplaint waits until the page has complained with the words, and forgives it.
func (b *tab) wantComplaint(words string) {
	b.t.Helper()
	for end := time.Now().Add(stepWithin); time.Now().Before(end); b.has("html") {
		b.mutex.Lock()
		said := strings.Join(b.heardComplaints, "\n")
		b.heardComplaints = nil
		b.mutex.Unlock()
		if strings.Contains(said, words) {
			return
		}
	}
	b.t.Errorf("nobody hears of %s", words)
}

// navigate opens a path of the portal, or a whole address, and gives the status of the answer.
func (b *tab) navigate(path string) int {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.base + path
	}
	return int(run(b, chromedp.NavigateResponse(path)).Status)
}

// openPage fails the test unless the answer has that status.
func (b *tab) openPage(path string, status int) {
	b.t.Helper()
	b.expectStatuses(status)
	if got := b.navigate(path); got != status {
		b.fatal(fmt.Errorf("%s: got status %d, want %d", path, got, status))
	}
}

// click clicks what the selector finds first, once it is visible.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// follow presses what leads to another page, waits for that page and gives its status.
func (b *tab) follow(selector string) int {
	b.t.Helper()
	b.waitVisible(selector)
	return b.navigateBy(chromedp.Click(chromedp.CSS(selector)))
}

// navigateBy takes steps that lead to another page, waits for that page and gives its status.
func (b *tab) navigateBy(steps ...chromedp.Action[chromedp.Void]) int {
	b.t.Helper()
	response := run(b, func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, steps...)
	})
	if response == nil { // the page went on without asking a server
		return 0
	}
	return int(response.Status)
}

// waitVisible waits until what the selector finds is visible.
func (b *tab) waitVisible(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// waitGone waits until the selector finds nothing.
func (b *tab) waitGone(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitNotPresent(chromedp.CSS(selector)))
}

// waitUntil waits until an expression is true in a page whose scripts run.
func (b *tab) waitUntil(expression string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(stepWithin))(ctx, t)
		if err != nil {
			err = fmt.Errorf("until %s: %w", expression, err)
		}
		return chromedp.Void{}, err
	})
}

// typeInto types into a field, after what is in it.
func (b *tab) typeInto(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// retype types in place of what is in a field.
func (b *tab) retype(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)))
	b.editCommand("selectAll")
	b.typeInto(selector, text)
}

// fill writes into fields by their names, all letters of one at once, as password managers do.
func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		b.do(
			chromedp.Focus(chromedp.CSS("[name="+name+"]"), chromedp.NodeVisible),
			cdpCommand(input.InsertText, input.InsertTextParams{Text: values[name]}),
		)
	}
}

// pressKeys presses keys in whatever has the focus.
func (b *tab) pressKeys(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// editCommand gives an editing command, as a keyboard shortcut does.
func (b *tab) editCommand(what string) {
	b.t.Helper()
	b.do(cdpCommand(input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type:     input.DispatchKeyEventTypeRawKeyDown,
		Commands: []string{what},
	}))
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
	return strings.Join(strings.Fields(eval[string](b, "document.querySelector("+strconv.Quote(selector)+").innerText")),
		" ")
}

// wantText fails the test unless what the selector finds contains the words.
func (b *tab) wantText(selector, words string) {
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

// wantPath fails the test unless the tab is at that path.
func (b *tab) wantPath(path string) {
	b.t.Helper()
	if got := b.path(); got != path {
		b.t.Errorf("got at %s, want %s", got, path)
	}
}

// focusedID is the id of what has the focus, or its name where it has none.
func (b *tab) focusedID() string {
	b.t.Helper()
	return eval[string](b, "document.activeElement.id || document.activeElement.name || document.activeElement.localName")
}

// resize makes the window so large, in CSS pixels.
func (b *tab) resize(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// runScript runs statements in the page, as no person does.
func (b *tab) runScript(statements string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](statements + "\n;undefined"))
}

// signIn signs in where nobody is signed in yet.
func (b *tab) signIn(email, password string) {
	b.t.Helper()
	b.openPage("/sign-in", 200)
	b.fill(map[string]string{"email": email, "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.wantPath("/dashboard")
}

// openMenus opens every menu of the page at once, as no person can. The tool bar, which they cover in part,
// is taken away.
func (b *tab) openMenus() {
	b.t.Helper()
	b.runScript(`{
		for (const menu of document.querySelectorAll("details")) menu.open = true;
		document.querySelector("main ~ nav")?.remove();
	}`)
}

// reloadUntil loads the page again until an expression is true: for what happens at the server.
func (b *tab) reloadUntil(expression string) {
	b.t.Helper()
	for end := time.Now().Add(stepWithin); !eval[bool](b, expression); b.do(chromedp.Reload()) {
		if time.Now().After(end) {
			b.fatal(fmt.Errorf("never became true: %s", expression))
		}
	}
}

// clickAndSee presses what leads to something else, in the page where scripts run and by another page where
// they do not.
func (b *tab) clickAndSee(selector, then string) {
	b.t.Helper()
	if b.scriptsOff {
		b.follow(selector)
		b.waitVisible(then)
		return
	}
	b.runScript("window.same = true")
	b.click(selector)
	b.waitVisible(then)
	if !eval[bool](b, "window.same === true") {
		b.t.Errorf("%s loads the page anew", selector)
	}
}

func (b *tab) attribute(selector, name string) string {
	b.t.Helper()
	return run(b, chromedp.AttributeValue(chromedp.CSS(selector), name)).Value
}
