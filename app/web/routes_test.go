package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// A path of ours answers a method that it does not take with 405 and says which it takes; other paths answer 404.
func TestRoutes_WrongMethodIs405AndNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	methods := map[string][]string{}
	for _, row := range web.Routes(p.config().web()) {
		path := strings.NewReplacer(":token", "x", ":field", "email", ":id", "x", ":name", "x").Replace(row.Path)
		methods[path] = append(methods[path], row.Method)
	}
	before := p.snapshot()
	for path := range methods {
		taken := methodsOf(web.Routes(p.config().web()), path)
		for _, method := range []string{
			"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
			"get",
		} {
			if slices.Contains(taken, method) || (method == "HEAD" && slices.Contains(taken, "GET")) {
				continue
			}
			got := p.sue.do(method, path, contentTypeOf(method), "")
			if method == "HEAD" {
				got.body = p.sue.get(path).body
			}
			wantRefusal(got, http.StatusMethodNotAllowed)
			if allow := got.header.Get("Allow"); !strings.Contains(allow, taken[0]) || strings.Contains(allow, method) {
				t.Errorf("%s %s: Allow is %q, the path takes %q", method, path, allow, taken)
			}
		}
	}
	p.wantUnchanged("a wrong method", before)
}

// "/members/new" is a row, and "/members/:id" fits it, too: whatever the order of the rows, the fixed path has it.
func TestRoutes_FixedPathsComeFirst(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	rows := web.Routes(p.config().web())
	for seed := range uint64(10) {
		p.app = web.NewShuffled(p.config().web(), seed)
		rivals := 0
		for _, row := range rows {
			sameMethod := slices.DeleteFunc(methodsOf(rows, row.Path), func(m string) bool { return m != row.Method })
			if strings.Contains(row.Path, ":") || len(sameMethod) < 2 {
				continue
			}
			rivals++
			before := p.log.Len()
			p.sue.do(row.Method, row.Path, contentTypeOf(row.Method), "")
			if line := p.log.String()[before:]; !strings.Contains(line, " route="+row.Path+" ") {
				t.Errorf("order %d: %s %s is answered by another row: %s", seed, row.Method, row.Path, line)
			}
		}
		if rivals < 2 {
			t.Fatalf("only %d rows have a rival", rivals)
		}
	}
}

// methodsOf lists the methods of every row that a path fits: /members/export is a member's page, too, for
// whoever gets it.
func methodsOf(rows []web.Route, path string) []string {
	var methods []string
	parts := strings.Split(path, "/")
	for _, row := range rows {
		pattern := strings.Split(row.Path, "/")
		if slices.EqualFunc(pattern, parts, func(of, part string) bool {
			return of == part || (strings.HasPrefix(of, ":") && part != "")
		}) {
			methods = append(methods, row.Method)
		}
	}
	return methods
}

func TestRoutes_UnknownPathIs404(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	for _, path := range []string{
		"/nothing", "/account/", "/Account", "/account/link", "/account/link/delete", "/members/", "/members/x/y",
		"/register/", "/confirm/",
		"/sign-in/x", "/.env", "/assets/", "/mailbox", "/operator/x", "/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
		"/sign%2Din/", "//evil.example",
		"/account%2flink%2fregenerate", "/%00", "/register/a/b", "/\u00e9", "/help", "/healthz/", "/account;x=1",
		// 13.4.x
		"/debug/pprof/", "/debug/pprof/cmdline", "/debug/vars", "/debug", "/.git/HEAD", "/swagger", "/actuator/health",
		"/server-status", "/trace",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			wantRefusal(p.sue.do(method, path, contentTypeOf(method), ""), http.StatusNotFound)
		}
	}
}

// Whoever is not signed in cannot make the portal hash passwords, look for secrets or send mails as often as they like.
func TestRoutes_EveryPublicFormHasALimit(t *testing.T) {
	t.Parallel()
	harmless := []string{"/sign-out", "/theme", "/language"}
	for _, row := range web.Routes(sqlitePortal(t).config().web()) {
		secret := strings.Contains(row.Path, ":token")
		open := row.Who == "anyone" && row.Method == http.MethodPost &&
			!strings.Contains(strings.Join(harmless, " "), row.Path)
		if (secret || open) && app.Limit(row.Limit).Rules() == nil {
			t.Errorf("%s %s has no limit", row.Method, row.Path)
		}
	}
}
