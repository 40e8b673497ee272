package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ban is a spelling that must not appear in some of our files.
type ban struct {
	why     string
	pattern string
	where   func(sourceFile) bool
	bad     []sourceFile // files in which the ban must fire
	good    []sourceFile // and files in which it must not
}

func bans() []ban {
	return slices.Concat(htmxBans(), pageBans(), serverBans(), accountPathBans())
}

func browserCode(s sourceFile) bool { return !s.isTest() }

func htmxBans() []ban {
	return []ban{
		{
			why: "htmx 2 attribute that htmx 4 does not know", where: browserCode,
			pattern: `\bhx-(disabled-elt|disinherit|ext|inherit|params|request|vars|history(-elt)?|prompt)(:\w+)?"?\s*[=:,]`,
			bad:     []sourceFile{{"views/a.templ", `<form hx-disabled-elt="find button">`}},
			good:    []sourceFile{{"views/a.templ", `<form hx-disable="find button" hx-sync="this:abort">`}},
		},
		{
			why: "htmx 2 attribute in Go", where: browserCode,
			pattern: `"hx-(disabled-elt|ext|params|vars)"`,
			bad:     []sourceFile{{"views/a.go", `templ.Attributes{"hx-ext": "sse"}`}},
			good:    []sourceFile{{"views/a.go", `templ.Attributes{"hx-target": "#panel"}`}},
		},
		{
			why: "htmx 2 event; htmx 4 has htmx:after:swap", where: browserCode,
			pattern: `htmx:[a-z]+[A-Z]`,
			bad:     []sourceFile{{"assets/app.js", `document.addEventListener("htmx:afterSwap", f)`}},
			good:    []sourceFile{{"assets/app.js", `document.addEventListener("htmx:after:swap", f)`}},
		},
		{
			why: "needs eval, which the Content-Security-Policy forbids", where: browserCode,
			pattern: `\bhx-on[:=-]|\bhx-(vals|headers|config)[:\w]*"?\s*[=:,]\s*['"{` + "`" + `\s]*(js|javascript):`,
			bad: []sourceFile{
				{"views/a.templ", `<input hx-vals="js:{a: 1}">`},
				{"views/a.templ", `<b hx-on:click="f()">`},
				{"views/a.go", `"hx-vals": "js:{}"`},
			},
			good: []sourceFile{{"views/a.templ", `<input hx-vals='{"a": 1}' hx-trigger="input changed delay:300ms">`}},
		},
		{
			why: "trigger filters need eval", where: browserCode,
			pattern: `hx-trigger="[^"]*\[`,
			bad:     []sourceFile{{"views/a.templ", `<input hx-trigger="click[shiftKey]">`}},
			good:    []sourceFile{{"views/a.templ", `<input hx-trigger="change" name="a[b]">`}},
		},
		{
			why: "state changes by POST alone; hx-delete puts the form into the address", where: browserCode,
			pattern: `\bhx-(delete|put|patch)\b`,
			bad:     []sourceFile{{"views/a.templ", `<button hx-delete="/account/link">`}},
			good:    []sourceFile{{"views/a.templ", `<button hx-post="/account/link/disable">`}},
		},
	}
}

func page(s sourceFile) bool {
	return s.inDir("views") && !s.inDir("views/email") && strings.HasSuffix(s.path, ".templ")
}

func pageBans() []ban {
	return []ban{
		{
			why: "inline style, which the Content-Security-Policy forbids", where: page,
			pattern: `(?m)\sstyle\??\s*=|<style\b|^css \w+\(`,
			bad: []sourceFile{
				{"views/a.templ", `<p style="color: red">`}, {"views/a.templ", `<style>`}, {"views/a.templ", `css red() {`},
			},
			good: []sourceFile{
				{"views/a.templ", `<p class="style" data-style="b">`},
				{"views/email/a.templ", `<p style="color: red">`},
			},
		},
		{
			why: "inline script, which the Content-Security-Policy forbids", where: page,
			pattern: `(?m)<script(\s+(defer|async|type="\w+"))*\s*>|\son[a-z]+\??\s*=\s*["'{]|javascript:|^script \w+\(`,
			bad: []sourceFile{
				{"views/a.templ", `<b class="b" onclick="f()">`},
				{"views/a.templ", `<script>`},
				{"views/a.templ", `<a href="javascript:f()">`},
			},
			good: []sourceFile{{"views/a.templ", `<script src={ p.asset("app.js") } defer></script><p data-on="x">once = "a"`}},
		},
		{
			why: "unescaped text", where: page,
			pattern: `templ\.(Raw|ComponentScript|JSUnsafeFuncCall)\b`,
			bad:     []sourceFile{{"views/a.templ", `@templ.Raw(name)`}},
			good:    []sourceFile{{"views/a.templ", `@templ.NopComponent`}},
		},
	}
}

func server(s sourceFile) bool { return s.inDir("app/web") && !s.isTest() }

func serverBans() []ban {
	return []ban{{
		why: "an error's text is for logs; people read messages", where: server,
		pattern: `\b(err|e|refusal|cause)\.Error\(\)`,
		bad:     []sourceFile{{"app/web/a.go", `return c.Status(400).SendString(err.Error())`}},
		good:    []sourceFile{{"app/web/a.go", `s.log.Error("outbox", "error", err)`}},
	}}
}

// accountAddresses are the files in which AccountPath alone writes an account's addresses. The route table has its
// own, and the function itself.
func accountAddresses(s sourceFile) bool {
	return (s.inDir("views") || s.inDir("app/web")) && !s.isTest() &&
		s.path != "app/web/routes.go" && s.path != "views/account_path.go" && s.path != "views/email/writer.go"
}

func accountPathBans() []ban {
	const page = `(dashboard\b|account\b|accounts/|members\b|activity\b)`
	return []ban{
		{
			why: "an account's address; write AccountPath(ctx, below), accountPath(c, below) or w.accountAddress(below)",
			// a literal that is no argument of these: each alternative differs from "h(c, ", "h(ctx, ", "L(ctx, " and "ss("
			pattern: `(?m)(^|[^ (]|[^,] |[^cx], |[^(t]\w, |[^hL]\((c|ctx), |[^s]s?\()"/` + page, where: accountAddresses,
			bad: []sourceFile{
				{"views/a.templ", `<a href="/account">`},
				{"views/a.templ", `<form hx-post={ "/members/" + m.ID }>`},
				{"views/a.templ", `@ButtonLink(Quiet, "", t(ctx, "cancel"), "/account", nil)`},
				{"views/a.templ", `@linkPanelSwap("/account")`},
				{"views/a.go", `const path = "/members/pending"`},
				{"views/a.go", `return "/accounts/" + id`},
				{"views/email/a.go", `address: w.baseURL + "/members",`},
				{"app/web/a.go", `return redirect(c, "/dashboard")`},
				{"app/web/a.go", `{get, "/activity", superUser, unlimited, s.activityList},`},
			},
			good: []sourceFile{
				{"views/a.templ", `<a href={ accountURL(ctx, "/members/new") }>`},
				{"views/a.templ", `<a href="/accounts">`},
				{"views/a.go", `return AccountPath(ctx, "/members/"+m.ID)`},
				{"views/email/a.go", `address: w.accountAddress("/members"),`},
				{"app/web/a.go", `return redirect(c, accountPath(c, "/members"))`},
				{"app/web/routes.go", `{get, "/activity", superUser, unlimited, s.activityList},`},
			},
		},
		{
			why: "an account's address to come back to; write AccountPath(ctx, below)", where: accountAddresses,
			pattern: `next=/` + page,
			bad:     []sourceFile{{"views/a.templ", `<a href="/sign-in?next=/account/security">`}},
			good:    []sourceFile{{"views/a.templ", `<a href={ "/sign-in?next=" + AccountPath(ctx, "/security") }>`}},
		},
	}
}

func (b ban) lines(s sourceFile) []int {
	var found []int
	pattern := regexp.MustCompile(b.pattern)
	for i, line := range strings.Split(s.text, "\n") {
		if b.where(s) && pattern.MatchString(line) {
			found = append(found, i+1)
		}
	}
	return found
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, file := range sourceFiles(t, ".go", ".templ", ".js") {
		if file.isGenerated() {
			continue
		}
		for _, b := range bans() {
			for _, line := range b.lines(file) {
				t.Errorf("%s:%d: %s", file.path, line, b.why)
			}
		}
	}
}

// TestNamesFires proves that each ban finds what it is for, and spares what looks like it.
func TestNamesFires(t *testing.T) {
	t.Parallel()
	for _, b := range bans() {
		for _, bad := range b.bad {
			if len(b.lines(bad)) == 0 {
				t.Errorf("%s: not found in %s", b.why, bad.text)
			}
		}
		for _, good := range b.good {
			if len(b.lines(good)) > 0 {
				t.Errorf("%s: found in %s", b.why, good.text)
			}
		}
	}
}
