// Package email writes the mails that the portal sends, as text and as HTML, in the recipient's language.
//
// Subjects are fixed sentences. What people typed stands in bodies only, where templ escapes it, so that no
// name can become a header, a link or markup (security-reliability, T-32).
package email

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// Mail is a mail that is ready to be sent.
type Mail struct {
	ID      string // of its notice; the same at every try
	To      string // the address as the recipient typed it
	ToName  string // empty where the name could pass for a link
	Subject string
	Text    string
	HTML    string    // a whole page, which loads nothing from elsewhere
	At      time.Time // when what it tells of happened
}

// Compose writes the mail of a notice, whose Recipient or Invitation must be loaded, and Account and Subject
// where it has them. Links in it begin with baseURL, the configured one without a trailing slash. It is as strict about
// missing messages as the Printer of ctx.
func Compose(ctx context.Context, due app.OutgoingMail, baseURL string) (Mail, error) {
	n := due.Notice
	reader, err := recipientOf(n)
	if err != nil {
		return Mail{}, err
	}
	w := writer{Printer: messages.From(ctx).In(reader.Language), reader: reader, mail: due, baseURL: baseURL}
	l, err := w.content()
	if err != nil {
		return Mail{}, err
	}
	var html strings.Builder
	if err := htmlPage(l).Render(ctx, &html); err != nil {
		return Mail{}, err
	}
	return Mail{
		ID: n.MessageID(), To: reader.Email, ToName: safeName(reader.Name()),
		Subject: l.subject, Text: l.text(), HTML: html.String(), At: n.CreatedAt,
	}, nil
}

// recipientOf is who will read the mail. Of somebody who is invited no more is known than address and language.
func recipientOf(n app.Notice) (app.Identity, error) {
	if n.Kind == app.Invite && n.Invitation != nil {
		return app.Identity{Email: n.Invitation.Email, Language: n.Invitation.Language}, nil
	}
	if n.Recipient == nil {
		return app.Identity{}, fmt.Errorf("notice %s has no recipient", n.ID)
	}
	return *n.Recipient, nil
}

// content is what a mail says, before it is laid out.
type content struct {
	language     string
	subject      string
	opening      []string // paragraphs before the action, the greeting first
	facts        []fact
	action       string // the words on the button
	address      string // where the button leads
	addressIntro string // introduces the address in full
	closing      []string
	footer       string
}

// fact is a value that somebody looks for, under its name.
type fact struct{ name, value string }

// text lays the letter out without markup.
func (l content) text() string {
	parts := append([]string{}, l.opening...)
	if len(l.facts) > 0 {
		lines := make([]string, len(l.facts))
		for i, f := range l.facts {
			lines[i] = f.name + ": " + f.value
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	parts = append(parts, l.action+":\n"+l.address)
	parts = append(parts, l.closing...)
	parts = append(parts, "-- \n"+l.footer)
	return strings.Join(parts, "\n\n") + "\n"
}

// linkPattern is what mail programs make a link of, or an address.
var linkPattern = regexp.MustCompile(`[/\\:@]|\.\pL`)

// safeName gives a person's name, or nothing where it could pass for a link. Whoever has a registration link
// can type any name and any address: our greeting must not carry an advertisement to strangers.
func safeName(name string) string {
	if linkPattern.MatchString(name) {
		return ""
	}
	return name
}
