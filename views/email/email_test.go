package email_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/views/email"
	"reglink/views/messages"
)

const base = "https://support.example.com"

var (
	acme = &app.Account{ID: "A", Name: "Acme & Söhne <Widgets>"}
	sue  = &app.Identity{
		ID: "S", FirstName: "Sue", LastName: "Perez", Email: "sue@acme.example", PasswordHash: "x",
		ConfirmedAt: &at,
	}
	at = time.Date(2026, time.November, 3, 9, 30, 0, 0, time.UTC)
)

// outgoingMail is a notice of a letter to Nia, who registered or was added by Sue.
func outgoingMail(letter app.NoticeKind, language string) app.OutgoingMail {
	nia := &app.Identity{ID: "N", FirstName: "Nia", LastName: "O'Kafor", Email: "nia@acme.example", Language: language}
	n := app.Notice{ID: "NOTICE", Kind: letter, Recipient: nia, Account: acme, Subject: sue, CreatedAt: at}
	n.RecipientID = nia.ID
	d := app.OutgoingMail{Notice: n}
	addMembershipData(&d)
	if letter == app.ConfirmAddress || letter == app.ActivateLogin || letter == app.JoinAccount {
		d.Token, d.Until = "rc1_token", at.Add(24*time.Hour)
	}
	addPasswordData(&d)
	if letter == app.Invite {
		d.Token, d.Notice.Invitation = "rl1_token", &app.Invitation{Email: nia.Email, Language: language}
	}
	return d
}

// strict has every sentence that is missing panic.
func strict() context.Context { return messages.With(context.Background(), messages.Strict()) }

func compose(t *testing.T, d app.OutgoingMail) email.Mail {
	t.Helper()
	m, err := email.Compose(strict(), d, base)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// expectedMail is what a letter says in a language.
type expectedMail struct {
	kind     app.NoticeKind
	language string
	subject  string
	says     []string
}

func joinRequestMails() []expectedMail {
	return []expectedMail{
		{app.JoinAccount, "en", "Do you want to be added to a support account?", []string{
			"Somebody, perhaps you", acme.Name, base + "/join/rc1_token", "works until 4 November 2026",
			"ignore this email: nothing happens",
		}},
		{
			app.JoinAccount, "de", "Möchten Sie in ein Support-Konto aufgenommen werden?",
			[]string{"vielleicht Sie selbst", base + "/join/rc1_token"},
		},
	}
}

func registrationMails() []expectedMail {
	return []expectedMail{
		{app.ConfirmAddress, "en", "Confirm your address for the support portal", []string{
			"Hello Nia O'Kafor,", acme.Name, base + "/confirm/rc1_token", "works until 4 November 2026, 09:30 UTC",
			"It was not you?",
		}},
		{app.ConfirmAddress, "de", "Bestätigen Sie Ihre Adresse für das Support-Portal", []string{
			"Guten Tag Nia O'Kafor,", acme.Name, base + "/confirm/rc1_token", "bis 4. November 2026, 09:30 Uhr UTC",
			"Sie waren das nicht?",
		}},
		{app.ActivateLogin, "en", "Set the password for your support portal login", []string{
			"Sue Perez created a login for you", acme.Name, base + "/activate/rc1_token", "works until 4 November 2026",
			"ignore this email",
		}},
		{app.AddedToAccount, "en", "You were added to a support account", []string{
			"Sue Perez added you", acme.Name, base + "/sign-in", "one step", "You did not expect this?",
		}},
		{app.PersonRegistered, "en", "Somebody registered for your account", []string{
			"Sue Perez registered", acme.Name, "Email: sue@acme.example", "Registered: 3 November 2026, 09:30 UTC", base +
				"/members", "You do not know this person?",
		}},
		{app.ApprovalNeeded, "en", "Somebody waits for your approval", []string{
			"Sue Perez wants to join", acme.Name, "waits to be accepted", "Email: sue@acme.example", base + "/members/pending",
			"You do not know this person?",
		}},
		{app.ApprovalNeeded, "de", "Jemand wartet auf Ihre Freigabe", []string{
			"Sue Perez möchte", "wartet auf eine Entscheidung", base + "/members/pending",
		}},
		{app.PersonRegistered, "de", "Neue Registrierung für Ihr Konto", []string{
			"Sue Perez hat sich", "E-Mail-Adresse: sue@acme.example", base + "/members",
		}},
	}
}

func TestCompose_WritesEveryKindInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(joinRequestMails(), membershipMails(), registrationMails()) {
		t.Run(string(c.kind)+" "+c.language, func(t *testing.T) {
			t.Parallel()
			m := compose(t, outgoingMail(c.kind, c.language))
			if m.Subject != c.subject {
				t.Errorf("subject %q, want %q", m.Subject, c.subject)
			}
			for _, want := range c.says {
				if !strings.Contains(m.Text, want) {
					t.Errorf("the text lacks %q:\n%s", want, m.Text)
				}
			}
			if m.ID != "NOTICE" || m.To != "nia@acme.example" || m.ToName != "Nia O'Kafor" || !m.At.Equal(at) {
				t.Errorf("addressed as %q %q <%s> at %s", m.ID, m.ToName, m.To, m.At)
			}
		})
	}
}

func everyOutgoingMail() []app.OutgoingMail {
	var all []app.OutgoingMail
	letters := []app.NoticeKind{
		app.ConfirmAddress, app.ActivateLogin, app.AddedToAccount, app.PersonRegistered,
		app.ApprovalNeeded, app.RefusalAlert, app.JoinAccount, app.ResetPassword, app.PasswordWasChanged, app.UseSSO,
		app.Invite,
	}
	for letter := range membershipPaths() {
		letters = append(letters, letter)
	}
	for _, letter := range letters {
		for _, l := range messages.Languages() {
			all = append(all, outgoingMail(letter, l.Tag))
		}
	}
	return all
}

// page is what somebody reads in an HTML mail, with the addresses that it leads to and the elements that it has.
type page struct {
	text     string
	links    []string
	elements map[string]bool
}

func parseHTML(t *testing.T, html string) page {
	t.Helper()
	p := page{elements: map[string]bool{}}
	d := xml.NewDecoder(strings.NewReader(strings.Replace(html, "<!doctype html>", "", 1)))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var words []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, html)
		}
		if text, ok := token.(xml.CharData); ok {
			words = append(words, strings.Fields(string(text))...)
		}
		if element, ok := token.(xml.StartElement); ok {
			p.start(element)
		}
	}
	p.text = strings.Join(words, " ")
	return p
}

func (p *page) start(element xml.StartElement) {
	p.elements[element.Name.Local] = true
	for _, a := range element.Attr {
		if a.Name.Local == "href" || a.Name.Local == "src" {
			p.links = append(p.links, a.Value)
		}
	}
}

// textLines a text as they stand in the HTML: facts without their colon, the action without its own.
func textLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(strings.TrimSpace(line), ":")
		if name, value, ok := strings.Cut(line, ": "); ok && len(name) < 20 {
			line = name + " " + value
		}
		if line != "--" {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestCompose_SaysTheSameInTextAndHTML(t *testing.T) {
	t.Parallel()
	for _, d := range everyOutgoingMail() {
		m := compose(t, d)
		shown := parseHTML(t, m.HTML).text
		for _, line := range textLines(m.Text) {
			if !strings.Contains(shown, line) {
				t.Errorf("%s: the HTML lacks %q", d.Notice.Kind, line)
			}
		}
		if !strings.Contains(m.HTML, `lang="`+d.Notice.Recipient.Language+`"`) {
			t.Errorf("%s: the HTML does not say its language", d.Notice.Kind)
		}
	}
}

func TestCompose_LinksOnlyToThePortal(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`https?://[^\s]+`)
	paths := map[app.NoticeKind]string{
		app.UseSSO:         "/sign-in",
		app.ConfirmAddress: "/confirm/rc1_token", app.ActivateLogin: "/activate/rc1_token",
		app.AddedToAccount: "/sign-in", app.PersonRegistered: "/members", app.ApprovalNeeded: "/members/pending",
		app.JoinAccount:   "/join/rc1_token",
		app.ResetPassword: "/reset-password/rp1_token", app.PasswordWasChanged: "/forgot-password",
		app.Invite: "/register/rl1_token", app.RefusalAlert: "/account",
	}
	maps.Copy(paths, membershipPaths())
	for _, d := range everyOutgoingMail() {
		m := compose(t, d)
		want := base + paths[d.Notice.Kind]
		for _, link := range append(parseHTML(t, m.HTML).links, address.FindString(m.Text)) {
			if link != want {
				t.Errorf("%s leads to %q, want %q", d.Notice.Kind, link, want)
			}
		}
		elements := parseHTML(t, m.HTML).elements
		for _, loads := range []string{"img", "script", "link", "style", "iframe", "form"} {
			if elements[loads] {
				t.Errorf("%s has an element %s", d.Notice.Kind, loads)
			}
		}
	}
}

func TestT32Compose_NamesAreTextAndNeverLinksOrMarkup(t *testing.T) {
	t.Parallel()
	d := outgoingMail(app.PersonRegistered, "en")
	d.Notice.Subject = &app.Identity{
		FirstName: `<img src=x onerror="alert(1)">`, LastName: `</dd></body>`,
		Email: "eve@acme.example",
	}
	d.Notice.Recipient.FirstName = `Win at casino.example`
	m := compose(t, d)
	p := parseHTML(t, m.HTML)
	if p.elements["img"] || !strings.Contains(p.text, `<img src=x onerror="alert(1)"> </dd></body>`) {
		t.Errorf("the name is not shown as it was typed:\n%s", m.HTML)
	}
	if strings.Contains(m.Text+m.HTML+m.ToName+m.Subject, "casino") {
		t.Errorf("a name that is a link greets its reader: %q\n%s", m.ToName, m.Text)
	}
	if !strings.HasPrefix(m.Text, "Hello,\n") {
		t.Errorf("the greeting is %.40q", m.Text)
	}
}

func TestT32Compose_SubjectsHaveNoValues(t *testing.T) {
	t.Parallel()
	for _, d := range everyOutgoingMail() {
		other := d
		person, account := *d.Notice.Recipient, app.Account{Name: "Other"}
		person.FirstName = "Somebody else"
		other.Notice.Recipient, other.Notice.Account, other.Notice.Subject = &person, &account, &person
		if got, want := compose(t, other).Subject, compose(t, d).Subject; got != want {
			t.Errorf("%s: subject %q for one, %q for another", d.Notice.Kind, got, want)
		}
	}
}

// What is not known is left out: a person who asked for another mail did so without an account, the command
// line is nobody.
func TestCompose_LeavesOutAnUnknownAccountOrActor(t *testing.T) {
	t.Parallel()
	confirm, activate, byNobody, added := outgoingMail(app.ConfirmAddress, "en"), outgoingMail(app.ActivateLogin, "en"),
		outgoingMail(app.ActivateLogin, "de"), outgoingMail(app.AddedToAccount, "en")
	confirm.Notice.Account, activate.Notice.Account, activate.Notice.Subject = nil, nil, nil
	byNobody.Notice.Subject, added.Notice.Subject = nil, nil
	added.Notice.Recipient = sue
	cases := []struct {
		due   app.OutgoingMail
		says  string
		lacks string
	}{
		{confirm, "You registered for the support portal with this address.", "support account"},
		{activate, "You have a login for the support portal.", "support account"},
		{byNobody, "Für Sie wurde ein Zugang zum Support-Konto von " + acme.Name + " angelegt.", "Sue"},
		{added, "You were added to the support account of " + acme.Name, "second email"},
	}
	for _, c := range cases {
		text := compose(t, c.due).Text
		if !strings.Contains(text, c.says) || strings.Contains(text, c.lacks) {
			t.Errorf("want %q and no %q in\n%s", c.says, c.lacks, text)
		}
	}
}

func TestCompose_FailsForIncompleteNotices(t *testing.T) {
	t.Parallel()
	nobody, unknown := outgoingMail(app.ConfirmAddress, "en"), outgoingMail("poem", "en")
	nobody.Notice.Recipient = nil
	addedTo, registered := outgoingMail(app.AddedToAccount, "en"), outgoingMail(app.PersonRegistered, "en")
	addedTo.Notice.Account, registered.Notice.Subject = nil, nil
	for _, d := range []app.OutgoingMail{nobody, unknown, addedTo, registered} {
		if m, err := email.Compose(strict(), d, base); err == nil {
			t.Errorf("%s was written:\n%s", d.Notice.Kind, m.Text)
		}
	}
}
