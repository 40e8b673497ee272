package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"reglink/app/web"
)

// wantRefusal wants a refused request answered in words, by a page of ours with everything that protects it, or by a fragment.
func wantRefusal(got answer, status int) {
	got.t.Helper()
	if got.status != status {
		got.t.Errorf("%s: status %d, want %d: %.200s", got.asked, got.status, status, got.text())
		return
	}
	wantProtected(got)
	if got.find("h1") == "" || got.find("main p") == "" {
		got.t.Errorf("%s: not a page of ours: %.300s", got.asked, got.body)
	}
}

func TestT22OnlyFormsAreTaken(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		before := p.stored()
		for _, f := range forms {
			for contentType, body := range map[string]string{
				"application/json":                     `{"email":"eve@evil.example","first_name":"Eve"}`,
				"application/xml":                      "<form><email>eve@evil.example</email></form>",
				"text/plain":                           f.good.Encode(),
				"":                                     f.good.Encode(),
				"application/x-www-form-urlencodedx":   f.good.Encode(),
				"multipart/form-data; boundary=limit":  "--limit\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\neve@evil.example\r\n--limit--\r\n",
				"application/x-www-form-urlencoded; =": f.good.Encode(),
			} {
				if f.uploads && strings.HasPrefix(contentType, "multipart/") {
					continue
				}
				wantRefusal(f.who.ask(http.MethodPost, f.path, contentType, body), http.StatusUnsupportedMediaType)
			}
			for _, query := range []string{"?email=eve@evil.example", "?x", "?" + f.good.Encode(), "?first_name"} {
				wantRefusal(f.who.post(f.path+query, f.good), http.StatusBadRequest)
			}
			for _, body := range []string{"email=%zz", "email=a;first_name=b", "%", "email=%u0041"} {
				wantRefusal(f.who.ask(http.MethodPost, f.path, "application/x-www-form-urlencoded", body), http.StatusBadRequest)
			}
			p.unchanged("what is no form, to "+f.path, before)
			p.want(f.who.ask(http.MethodPost, f.path, "application/x-www-form-urlencoded; charset=UTF-8", f.good.Encode()), f.accepted)
			before = p.stored()
		}
	})
}

// A body is refused by its announced length, before any of it is read.
func TestT36LargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	l := p.listen()
	const head = "POST /sign-in HTTP/1.1\r\nHost: portal.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, length := range []int{64<<10 + 1, 10 << 20, 1 << 40} {
		wantRefusal(l.raw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, length)), http.StatusRequestEntityTooLarge)
	}
	body := "email=" + strings.Repeat("a", 64<<10-len("email="))
	got := l.raw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body))
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("64 KiB: status %d", got.status)
	}
	for _, long := range []string{
		"GET /" + strings.Repeat("a", 10_000) + " HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nCookie: session=" + strings.Repeat("a", 10_000) + "\r\n\r\n",
	} {
		wantRefusal(l.raw(long), http.StatusRequestHeaderFieldsTooLarge)
	}
	for _, nonsense := range []string{
		"NONSENSE\r\n\r\n", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
	} {
		wantRefusal(l.raw(nonsense), http.StatusBadRequest)
	}
}

// A path of ours answers a method that it does not take with 405 and says which it takes; other paths answer 404.
func TestWrongMethods(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	methods := map[string][]string{}
	for _, row := range web.Routes(p.config()) {
		path := strings.NewReplacer(":token", "x", ":field", "email", ":id", "x", ":name", "x").Replace(row.Path)
		methods[path] = append(methods[path], row.Method)
	}
	before := p.stored()
	for path := range methods {
		taken := takenBy(web.Routes(p.config()), path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"} {
			if slices.Contains(taken, method) || (method == "HEAD" && slices.Contains(taken, "GET")) {
				continue
			}
			got := p.sue.ask(method, path, formType(method), "")
			if method == "HEAD" {
				got.body = p.sue.get(path).body
			}
			wantRefusal(got, http.StatusMethodNotAllowed)
			if allow := got.header.Get("Allow"); !strings.Contains(allow, taken[0]) || strings.Contains(allow, method) {
				t.Errorf("%s %s: Allow is %q, the path takes %q", method, path, allow, taken)
			}
		}
	}
	p.unchanged("a wrong method", before)
}

// takenBy lists the methods of every row that a path fits: /members/export is a member's page, too, for whoever gets it.
func takenBy(rows []web.Route, path string) []string {
	var methods []string
	parts := strings.Split(path, "/")
	for _, row := range rows {
		pattern := strings.Split(row.Path, "/")
		if slices.EqualFunc(pattern, parts, func(of, part string) bool { return of == part || (strings.HasPrefix(of, ":") && part != "") }) {
			methods = append(methods, row.Method)
		}
	}
	return methods
}

func TestUnknownPages(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	for _, path := range []string{
		"/nothing", "/account/", "/Account", "/account/link", "/account/link/delete", "/members/", "/members/x/y", "/register/", "/confirm/",
		"/sign-in/x", "/.env", "/assets/", "/mailbox", "/operator/x", "/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/sign%2Din/", "//evil.example",
		"/account%2flink%2fregenerate", "/%00", "/register/a/b", "/\u00e9", "/help", "/healthz/", "/account;x=1",
		"/debug/pprof/", "/debug/pprof/cmdline", "/debug/vars", "/debug", "/.git/HEAD", "/swagger", "/actuator/health", "/server-status", "/trace", // 13.4.x
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			wantRefusal(p.sue.ask(method, path, formType(method), ""), http.StatusNotFound)
		}
	}
}

// A slash in a secret stays a part of it, and a look-alike of a path is not that path.
func TestT02SecretsAreTakenWhole(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.create("una@acme.example", "standard")
		mailed := []string{p.mailed("nia@acme.example"), p.mailed("una@acme.example")}
		before := p.stored()
		for _, path := range mailed {
			kind, token := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
			other := map[string]string{"/confirm/": "/activate/", "/activate/": "/confirm/"}[kind]
			for _, wrong := range []string{
				kind + token[:len(token)-1], kind + token + "A", kind + strings.ToLower(token), kind + token + "%00", kind + token + "%20",
				kind + "%2F" + token, kind + token + "%2F", kind + token[:8] + "%2F" + token[9:], kind + "%20" + token, kind + "rl1_" + token[4:],
				kind + token[:len(token)-1] + "%3D", other + token, "/setup/" + token, kind + "x", kind + strings.Repeat("a", 2000),
			} {
				for _, method := range []string{"GET", "POST"} {
					got := browser{p: p}.ask(method, wrong, formType(method), activation("Eve", "Evil").Encode())
					if got.status != http.StatusNotFound && got.status != http.StatusGone {
						p.t.Errorf("%s: status %d", got.asked, got.status)
					}
					if strings.Contains(got.text(), "@acme.example") || strings.Contains(got.text(), "Acme") {
						p.t.Errorf("%s tells whose it is", got.asked)
					}
				}
			}
		}
		p.unchanged("a secret that is none", before)
	})
}
