package mail

import (
	"bytes"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/views/email"
)

// mailHeaders that a mail has, each once, and no others.
var mailHeaders = []string{
	"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject",
	"To",
}

// TestT32_HeadersCannotBeAdded tries what would add a header or a recipient if anything were pasted together.
func TestT32_HeadersCannotBeAdded(t *testing.T) {
	t.Parallel()
	s := portal(t)
	bad := map[string]func(*email.Mail){
		"a line in the subject":   func(m *email.Mail) { m.Subject = "x\r\nBcc: eve@example.com" },
		"a line in the name":      func(m *email.Mail) { m.ToName = "x\nBcc: eve@example.com" },
		"a line in the address":   func(m *email.Mail) { m.To = "nia@acme.example\r\nRCPT TO:<eve@example.com>" },
		"a second address":        func(m *email.Mail) { m.To = "nia@acme.example, eve@example.com" },
		"an address and a name":   func(m *email.Mail) { m.To = `"x" <nia@acme.example>` },
		"a quoted second address": func(m *email.Mail) { m.To = `"nia@acme.example> <eve"@example.com` },
		"no address":              func(m *email.Mail) { m.To = "" },
		"a header in the id":      func(m *email.Mail) { m.ID = "x>\r\nBcc: eve@example.com" },
		"no id":                   func(m *email.Mail) { m.ID = "" },
	}
	for name, spoil := range bad {
		m := testMail()
		spoil(&m)
		if _, err := s.message(m); err == nil {
			t.Errorf("%s is accepted", name)
		}
		wantFailure(t, s.Send(t.Context(), m), Failure{Step: StepWrite, Final: true})
	}
	m := testMail()
	m.ToName = `x" <eve@example.com>, "y`
	checkHeaders(t, s, m)
}

// TestT32_NamesInHeadersStayNames holds that whatever stands before an address is a name, and can be read again.
func TestT32_NamesInHeadersStayNames(t *testing.T) {
	t.Parallel()
	s := portal(t)
	for typed, want := range map[string]string{
		`Jürgen \ Okafor`:                    `Jürgen  Okafor`,
		`Ren\ée`:                             `Renée`,
		`Nia "the \" O'Kafor`:                `Nia "the " O'Kafor`,
		`=?utf-8?q?=0D=0ABcc:?=`:             `=?utf-8?q?=0D=0ABcc:?=`,
		`Łukasz, <eve@example.com>; (Sales)`: `Łukasz, <eve@example.com>; (Sales)`,
		`周 𝓝𝓲𝓪 ` + strings.Repeat("ü", 100):  `周 𝓝𝓲𝓪 ` + strings.Repeat("ü", 100),
	} {
		m := testMail()
		m.ToName = typed
		if to := checkHeaders(t, s, m); to.Name != want {
			t.Errorf("%q is mailed as %q, want %q", typed, to.Name, want)
		}
	}
}

// portal is a sender that is never asked to send.
func portal(t testing.TB) *SMTP {
	t.Helper()
	s, err := NewSMTP("smtp://mail.example.org", base)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkHeaders makes sure that a mail, if it can be made at all, has the headers that it needs, and one
// recipient, who is returned.
func checkHeaders(t *testing.T, s *SMTP, m email.Mail) mail.Address {
	t.Helper()
	msg, err := s.message(m)
	if err != nil {
		return mail.Address{}
	}
	recipients, err := msg.GetRecipients()
	if err != nil || len(recipients) != 1 {
		t.Fatalf("recipients %q, %v", recipients, err)
	}
	var sent bytes.Buffer
	if _, err := msg.WriteTo(&sent); err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(&sent)
	if err != nil {
		t.Fatalf("%v in\n%s", err, sent.String())
	}
	if got := slices.Sorted(maps.Keys(read.Header)); !slices.Equal(got, mailHeaders) {
		t.Errorf("headers %q, want %q", got, mailHeaders)
	}
	for name, values := range read.Header {
		if len(values) != 1 {
			t.Errorf("%s stands %d times", name, len(values))
		}
	}
	to, err := read.Header.AddressList("To")
	if err != nil || len(to) != 1 || "<"+to[0].Address+">" != recipients[0] {
		t.Fatalf("To %q is %v (%v), the recipient is %q", read.Header.Get("To"), to, err, recipients)
	}
	return *to[0]
}

// FuzzMailHeader holds for whatever people type (security-reliability, T-32): no input adds a header or a recipient.
func FuzzMailHeader(f *testing.F) {
	f.Add("Nia", "O'Kafor", "nia@acme.example", "A subject")
	f.Add("x\r\nBcc: eve@example.com", "\x00", "nia@acme.example\nRCPT TO:<eve@example.com>", "=?utf-8?q?x=0D=0ABcc:?=")
	f.Add(`"`, `<eve@example.com>,`, "\"a b\"@acme.example", strings.Repeat("ü", 500))
	f.Add("=?utf-8?b?DQpCY2M6?=", "\\", "nia@bücher.example", "\u2028\xff\t")
	f.Add("ü\\", "\\é", "nia@acme.example", "\\ü")
	s := portal(f)
	f.Fuzz(func(t *testing.T, first, last, address, words string) {
		person := &app.Identity{FirstName: first, LastName: last, Email: address, Language: "de"}
		n := app.Notice{
			ID: "NOTICE", Kind: app.PersonRegistered, Recipient: person, Subject: person,
			Account: &app.Account{Name: words + "x"},
		}
		m, err := email.Compose(t.Context(), app.OutgoingMail{Notice: n}, base)
		if err != nil {
			t.Fatal(err)
		}
		checkHeaders(t, s, m)
		m.Subject, m.ToName = words, first
		checkHeaders(t, s, m)
	})
}
