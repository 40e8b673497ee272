package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

func (p *portal) invitedEmails() string {
	p.t.Helper()
	return strings.Join(p.queryColumn("SELECT email FROM invitations ORDER BY email"), " ")
}

// A list comes as a file, as text, or as both; a file that a browser sends empty is none.
func TestUpload_ListComesAsFileOrText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typed string
		files []string
		want  string
	}{
		"CSV": {
			files: []string{"Name;Email\r\nNia;nia@acme.example\r\n\"Bell; Ben\";ben@acme.example\r\n"},
			want:  "ben@acme.example nia@acme.example",
		},
		"CSV with a mark":    {files: []string{"\uFEFFEmail,Name\nnia@acme.example,Nía"}, want: "nia@acme.example"},
		"a mark and no head": {files: []string{"\uFEFFnia@acme.example"}, want: "nia@acme.example"},
		"both": {
			typed: "nia@acme.example", files: []string{"NIA@acme.example\nben@acme.example"},
			want: "ben@acme.example nia@acme.example",
		},
		"an empty file": {typed: "nia@acme.example", files: []string{""}, want: "nia@acme.example"},
		"no file":       {typed: "nia@acme.example", want: "nia@acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sqlitePortal(t)
			p.generateLink()
			p.wantStatus(p.sue.postMultipart(invitationsPath, invitationValues(c.typed), c.files...), http.StatusSeeOther)
			if got := p.invitedEmails(); got != c.want {
				t.Errorf("invited %q, want %q", got, c.want)
			}
		})
	}
}

// Whatever is wrong with a list is said beside where it came from, nobody is mailed, and what was typed is kept.
func TestUpload_BadListIsRefusedBesideItsField(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		before := p.snapshot()
		many := ""
		for i := range 501 {
			many += fmt.Sprintf("p%d@acme.example\n", i)
		}
		for name, c := range map[string]struct {
			typed, file string
			problem     string // field and sentence
		}{
			"nobody":             {problem: "addresses " + en("addresses_required")},
			"a bad line":         {typed: "nia@acme.example\nben@acme", problem: "addresses " + en("addresses_bad", "Count", 1)},
			"bad lines of files": {file: "nia@acme.example\nben@acme\n@", problem: "file " + en("addresses_bad", "Count", 2)},
			"501":                {typed: many, problem: "addresses " + en("addresses_too_many", "Number", 501, "Max", 500)},
			"501 in a file":      {file: many, problem: "file " + en("addresses_too_many", "Number", 501, "Max", 500)},
			"501 in two": {
				typed: "one@acme.example", file: many[:strings.LastIndexByte(many[:len(many)-1], '\n')],
				problem: "file " + en("addresses_too_many", "Number", 501, "Max", 500),
			},
			"a picture": {
				file: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR nia@acme.example", problem: "file " + en("file_not_text"),
			},
			"NUL":          {file: "nia@acme.example\n\x00", problem: "file " + en("file_not_text")},
			"Windows-1252": {file: "Name;Email\nN\xeda;nia@acme.example", problem: "file " + en("file_not_text")},
			"UTF-16":       {file: "\xff\xfen\x00i\x00a\x00@\x00a\x00.\x00b\x00", problem: "file " + en("file_not_text")},
			"markup":       {typed: "<x-eve>@acme.example", problem: "addresses " + en("addresses_bad", "Count", 1)},
		} {
			got := p.sue.postMultipart(invitationsPath, invitationValues(c.typed), c.file)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			wantNoInjectedMarkup(got)
			problems := got.problems()
			field, sentence, _ := strings.Cut(c.problem, " ")
			if len(problems) != 1 || problems[field] != sentence {
				p.t.Errorf("%s: it says %q, want %q beside %s", name, problems, sentence, field)
			}
			if back := got.document().Find("#addresses").Text(); back != c.typed {
				p.t.Errorf("%s: %q came back", name, back)
			}
		}
		bad := p.sue.postMultipart(invitationsPath, invitationValues("nia@acme.example\n\nben@acme")).textAt("[data-bad]")
		if !strings.Contains(bad, en("addresses_bad_line", "Line", 3)) || !strings.Contains(bad, "ben@acme") ||
			!strings.Contains(bad, en("email_domain_invalid")) {
			p.t.Errorf("the bad line is shown as %q", bad)
		}
		p.wantUnchanged("a bad list", before)
	})
}

// The link says who may come: an address that it would turn away is told now and not mailed.
func TestInvitations_AddressesTheLinkRefusesAreNotMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		p.exec("UPDATE links SET domains = 'acme.example *.acme.example'")
		got := p.sue.post(invitationsPath, invitationValues("nia@acme.example", "eve@evil.example", "ben@lab.acme.example"))
		p.wantStatus(got, http.StatusUnprocessableEntity)
		if said := got.problems()["addresses"]; !strings.Contains(said, "eve@evil.example") ||
			!strings.Contains(said, "acme.example") {
			p.t.Errorf("it says %q", said)
		}
		p.invite("nia@acme.example", "ben@lab.acme.example")
	})
}

// Bodies that are no upload are refused with words, and nothing is made of a part of them.
func TestUpload_BrokenBodiesAreRefused(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.generateLink()
	before := p.snapshot()
	part := func(name, value string) string {
		return "--limit\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	fields := part("addresses", "nia@acme.example") + part("language", "en")
	const multi = "multipart/form-data; boundary=limit"
	for name, c := range map[string]struct {
		kind, body, path string
		status           int
	}{
		"cut off":          {multi, fields, "", http.StatusBadRequest},
		"no boundary":      {"multipart/form-data", fields + "--limit--\r\n", "", http.StatusBadRequest},
		"another boundary": {"multipart/form-data; boundary=x", fields + "--limit--\r\n", "", http.StatusBadRequest},
		"empty":            {multi, "", "", http.StatusBadRequest},
		"a query":          {multi, fields + "--limit--\r\n", "?language=en", http.StatusBadRequest},
		"too many parts": {
			multi, strings.Repeat(part("x", "y"), 100) + fields + "--limit--\r\n", "", http.StatusBadRequest,
		},
		"multipart/mixed": {
			"multipart/mixed; boundary=limit", fields + "--limit--\r\n", "", http.StatusUnsupportedMediaType,
		},
		"two lists of words": {
			multi, fields + part("addresses", "eve@evil.example") + "--limit--\r\n", "", http.StatusUnprocessableEntity,
		},
		"two files": {
			multi, fields + part("file", "a@x.example") + part("file", "b@x.example") + "--limit--\r\n", "",
			http.StatusUnprocessableEntity,
		},
		"no addresses at all": {multi, part("language", "en") + "--limit--\r\n", "", http.StatusUnprocessableEntity},
	} {
		got := p.sue.do(http.MethodPost, invitationsPath+c.path, c.kind, c.body)
		if got.status != c.status || got.textAt("h1") == "" {
			t.Errorf("%s: status %d, want %d: %.200s", name, got.status, c.status, got.text())
		}
	}
	for how, b := range crossSiteBrowsers(p.sue) {
		if got := b.postMultipart(invitationsPath, invitationValues("nia@acme.example")); got.status != http.StatusForbidden {
			t.Errorf("%s: status %d", how, got.status)
		}
	}
	p.wantUnchanged("a broken upload", before)
}

// Only this form may be long, and it too has an end; the length is refused before the body is read.
func TestUpload_OnlyInvitationsMayBeLarge(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.generateLink()
	l := p.listen()
	head := "POST " + invitationsPath + " HTTP/1.1\r\nHost: portal.example\r\nContent-Type: text/csv\r\n"
	for _, length := range []int{512<<10 + 1, 1 << 20, 1 << 40} {
		wantRefusal(l.sendRaw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, length)), http.StatusRequestEntityTooLarge)
	}
	for _, path := range []string{
		"/account/link/generate", invitationsPath + "/", invitationsPath + "/x/resend",
		"/sign-in", "/account/link/../link/invitations",
	} {
		other := "POST " + path + " HTTP/1.1\r\nHost: portal.example\r\nContent-Type: text/csv\r\n"
		wantRefusal(l.sendRaw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", other, 64<<10+1)), http.StatusRequestEntityTooLarge)
	}
	list := "Address;Remark\n"
	for i := range app.MaxInvitations {
		list += fmt.Sprintf("p%d@acme.example;%s\n", i, strings.Repeat("x", 900))
	}
	p.wantStatus(p.sue.postMultipart(invitationsPath, invitationValues(), list), http.StatusSeeOther)
	if got := p.queryOne("SELECT COUNT(*) FROM invitations"); got != "500" {
		t.Errorf("%s invited", got)
	}
	var ten strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&ten, "q%d@acme.example\n", i)
	}
	got := p.sue.post(invitationsPath, url.Values{"addresses": {ten.String()}, "language": {"en"}})
	p.wantStatus(got, http.StatusUnprocessableEntity)
	if said := got.problems()["addresses"]; said != en("addresses_too_many", "Number", 10_000, "Max", 500) {
		t.Errorf("it says %q", said)
	}
}
