package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"reglink/app"
	"reglink/views/email"
)

var noticeIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

// message makes the mail with exactly the headers that it needs. Whatever could restructure a header is an
// error and not mended: our own checks should have refused it long before.
func (s *SMTP) message(m email.Mail) (*gomail.Msg, error) {
	if !noticeIDPattern.MatchString(m.ID) {
		return nil, fmt.Errorf("%q is not the id of a notice", m.ID)
	}
	if !isOneLine(m.Subject) || !isOneLine(m.ToName) {
		return nil, errors.New("the subject or the name is not one line")
	}
	to, err := recipientAddress(m)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.server.from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + s.server.portalHost)
	msg.SetDateWithValue(m.At)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// recipientAddress is the address as the person typed it, with its domain in the form that every mail server
// understands. The name before it goes without backslashes: net/mail leaves one as it is in an encoded word,
// where RFC 2047, 5.3 allows none, and then nobody can read whom the mail is to.
func recipientAddress(m email.Mail) (*mail.Address, error) {
	key, problem := app.EmailKey(m.To)
	if !problem.None() {
		return nil, fmt.Errorf("the address is refused: %s", problem.ID)
	}
	local := m.To[:strings.LastIndexByte(m.To, '@')]
	domain := key[strings.LastIndexByte(key, '@'):]
	return &mail.Address{Name: strings.ReplaceAll(m.ToName, `\`, ""), Address: local + domain}, nil
}

func isOneLine(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }
