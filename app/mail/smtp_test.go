package mail

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app/mail/mailtest"
	"reglink/views/email"
)

const base = "https://support.example.com"

// testMail is a mail as the email package makes them.
func testMail() email.Mail {
	return email.Mail{
		ID: "NOTICE234", To: "nia@acme.example", ToName: `Nía "Nic" O'Kafor, Dr.`, Subject: "Bestätigen Sie Ihre Adresse",
		Text: "Grüße aus Köln\n\n" + strings.Repeat("long ", 300) + "\n.\nhttps://support.example.com/confirm/rc1_x=y\n",
		HTML: "<!doctype html>\n<p>Grüße</p>\n", At: time.Date(2026, time.November, 3, 9, 30, 0, 0, time.UTC),
	}
}

// newTestSMTP sends to the server, whose certificate it trusts.
func newTestSMTP(t *testing.T, server *mailtest.Server, query string) *SMTP {
	t.Helper()
	s, err := NewSMTP(server.URL()+query, base)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = server.Roots()
	return s
}

func TestSMTP_MailArrivesAsWritten(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	if err := newTestSMTP(t, server, "").Send(t.Context(), testMail()); err != nil {
		t.Fatal(err)
	}
	m := server.WaitFor(1)[0]
	want := testMail()
	if m.From != "no-reply@support.example.com" || !slices.Equal(m.To, []string{"nia@acme.example"}) {
		t.Errorf("envelope from %q to %q", m.From, m.To)
	}
	if m.Subject != want.Subject || m.Text != want.Text || m.HTML != want.HTML {
		t.Errorf("subject %q, text\n%s\nHTML\n%s", m.Subject, m.Text, m.HTML)
	}
	for name, want := range map[string]string{
		"Message-Id": "<NOTICE234@support.example.com>", "Date": "Tue, 03 Nov 2026 09:30:00 +0000",
		"Auto-Submitted": "auto-generated", "From": "<no-reply@support.example.com>", "Mime-Version": "1.0",
	} {
		if got := m.Header[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != want.ToName || to[0].Address != want.To {
		t.Errorf("To: %v, %v", to, err)
	}
}

type smtpCase struct {
	name    string
	options []mailtest.Option
	query   string
	secured bool
	user    string
	from    string
}

// smtpCases are servers, what the URL adds to their address, and how they are reached.
func smtpCases() []smtpCase {
	return []smtpCase{
		{"plain", nil, "", false, "", "no-reply@support.example.com"},
		{"another sender", nil, "?from=Support%20%3Chelp@example.org%3E", false, "", "help@example.org"},
		{"STARTTLS where offered", []mailtest.Option{mailtest.StartTLS()}, "", true, "", "no-reply@support.example.com"},
		{
			"STARTTLS required",
			[]mailtest.Option{mailtest.StartTLS()},
			"?tls=required", true, "",
			"no-reply@support.example.com",
		},
		{"implicit TLS", []mailtest.Option{mailtest.ImplicitTLS()}, "", true, "", "no-reply@support.example.com"},
		{
			"login by PLAIN",
			[]mailtest.Option{mailtest.StartTLS(), mailtest.Login("PLAIN", "us@er", "p:a/s?s")},
			"", true,
			"us@er", "no-reply@support.example.com",
		},
		{
			"login by LOGIN",
			[]mailtest.Option{mailtest.ImplicitTLS(), mailtest.Login("LOGIN", "us@er", "p:a/s?s")},
			"", true,
			"us@er", "no-reply@support.example.com",
		},
		{
			"login to this machine without TLS",
			[]mailtest.Option{mailtest.Login("PLAIN", "user", "pass")},
			"", false, "user",
			"no-reply@support.example.com",
		},
	}
}

func TestSMTP_FollowsItsURL(t *testing.T) {
	t.Parallel()
	for _, c := range smtpCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, c.options...)
			if err := newTestSMTP(t, server, c.query).Send(t.Context(), testMail()); err != nil {
				t.Fatal(err)
			}
			m := server.WaitFor(1)[0]
			if m.Secured != c.secured || m.User != c.user || m.From != c.from {
				t.Errorf("secured %t, user %q, from %q", m.Secured, m.User, m.From)
			}
		})
	}
}

func TestSMTP_NeedsTheTLSThatWasAskedFor(t *testing.T) {
	t.Parallel()
	t.Run("not offered", func(t *testing.T) {
		t.Parallel()
		server := mailtest.Start(t)
		wantFailure(t, newTestSMTP(t, server, "?tls=required").Send(t.Context(), testMail()), Failure{Step: StepConnect})
		wantMails(t, server, 0)
	})
	t.Run("a certificate of nobody's", func(t *testing.T) {
		t.Parallel()
		server := mailtest.Start(t, mailtest.StartTLS())
		s := newTestSMTP(t, server, "")
		s.roots = nil
		wantFailure(t, s.Send(t.Context(), testMail()), Failure{Step: StepConnect})
		wantMails(t, server, 0)
	})
}

func wantFailure(t *testing.T, err error, want Failure) {
	t.Helper()
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Step != want.Step || f.Code != want.Code || f.Final != want.Final {
		t.Errorf("got %+v, want step %s, code %d, final %t", err, want.Step, want.Code, want.Final)
	}
}

func wantMails(t *testing.T, server *mailtest.Server, want int) {
	t.Helper()
	if got := len(server.Mails()); got != want {
		t.Errorf("%d mails arrived, want %d", got, want)
	}
}

func TestSMTP_TellsFinalFromTemporaryRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		at     mailtest.Step
		answer mailtest.Answer
		want   Failure
	}{
		{mailtest.OnHello, 421, Failure{Step: StepConnect, Code: 421}},
		{mailtest.OnHello, 554, Failure{Step: StepConnect, Code: 554}},
		{mailtest.OnHello, mailtest.HangUp, Failure{Step: StepConnect}},
		{mailtest.OnSender, 421, Failure{Step: StepSender, Code: 421}},
		{mailtest.OnSender, 553, Failure{Step: StepSender, Code: 553}},
		{mailtest.OnRecipient, 450, Failure{Step: StepRecipient, Code: 450}},
		{mailtest.OnRecipient, 550, Failure{Step: StepRecipient, Code: 550, Final: true}},
		{mailtest.OnRecipient, 530, Failure{Step: StepRecipient, Code: 530}},
		{mailtest.OnRecipient, mailtest.HangUp, Failure{Step: StepRecipient}},
		{mailtest.OnContent, 451, Failure{Step: StepContent, Code: 451}},
		{mailtest.OnContent, 554, Failure{Step: StepContent, Code: 554, Final: true}},
		{mailtest.OnContent, mailtest.HangUp, Failure{Step: StepContent}},
	}
	for _, c := range cases {
		server := mailtest.Start(t)
		server.Script(c.at, c.answer)
		if c.at == mailtest.OnHello && c.answer > 0 {
			server.Script(c.at, c.answer) // for the HELO that a client tries where EHLO is refused
		}
		s := newTestSMTP(t, server, "")
		wantFailure(t, s.Send(t.Context(), testMail()), c.want)
		wantMails(t, server, 0)
		if err := s.Send(t.Context(), testMail()); err != nil {
			t.Errorf("the next try after %s %d: %v", c.at, c.answer, err)
		}
	}
}

// A mail that the server has taken is sent, whatever happens to the connection afterwards.
func TestSMTP_AcceptedMailIsSent(t *testing.T) {
	t.Parallel()
	for _, options := range [][]mailtest.Option{nil, {mailtest.StartTLS()}} {
		server := mailtest.Start(t, options...)
		server.Script(mailtest.OnContent, mailtest.TakeAndHangUp)
		if err := newTestSMTP(t, server, "").Send(t.Context(), testMail()); err != nil {
			t.Error(err)
		}
		wantMails(t, server, 1)
	}
}

func TestSMTP_WrongLoginIsNotFinal(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t, mailtest.Login("PLAIN", "user", "right"))
	s, err := NewSMTP(strings.Replace(server.URL(), "right", "wrong", 1), base)
	if err != nil {
		t.Fatal(err)
	}
	wantFailure(t, s.Send(t.Context(), testMail()), Failure{Step: StepConnect, Code: 535})
	anonymous, err := NewSMTP(strings.Replace(server.URL(), "user:right@", "", 1), base)
	if err != nil {
		t.Fatal(err)
	}
	wantFailure(t, anonymous.Send(t.Context(), testMail()), Failure{Step: StepSender, Code: 530})
}

func TestSMTP_UnreachableServerIsNotFinal(t *testing.T) {
	t.Parallel()
	s, err := NewSMTP("smtp://127.0.0.1:1", base)
	if err != nil {
		t.Fatal(err)
	}
	wantFailure(t, s.Send(t.Context(), testMail()), Failure{Step: StepConnect})
}

func TestSMTP_LeavesASilentServer(t *testing.T) {
	t.Parallel()
	for _, at := range []mailtest.Step{mailtest.OnSender, mailtest.OnContent} {
		server := mailtest.Start(t)
		server.Script(at, mailtest.Stall)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := newTestSMTP(t, server, "").Send(ctx, testMail())
		if took := time.Since(began); err == nil || took > 5*time.Second {
			t.Errorf("silence at %s: %v after %s", at, err, took)
		}
	}
}

func TestSMTP_LocalPartStaysAndDomainIsASCII(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	m := testMail()
	m.To = "Nia.O+Case@BÜCHER.example"
	if err := newTestSMTP(t, server, "").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := server.WaitFor(1)[0].To[0]; got != "Nia.O+Case@xn--bcher-kva.example" {
		t.Errorf("sent to %q", got)
	}
}
