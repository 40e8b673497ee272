package cli

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/config"
	"reglink/app/mail"
	"reglink/db"
)

// A server sends a mail as soon as the store has it. Were its worker not woken, each of these mails but the first
// would wait for the worker to look by itself, every five seconds.
func TestServer_MailsAreSentAsSoonAsTheyAreStored(t *testing.T) {
	t.Parallel()
	settings, err := config.Parse(on(t).get)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Program{}.open(t.Context(), settings, db.Open)
	if err != nil {
		t.Fatal(err)
	}
	working, end := context.WithCancel(context.WithoutCancel(t.Context()))
	sent := &mail.Recorder{}
	s := &server{portal: opened, sender: sent, base: "http://portal.example", log: slog.New(slog.DiscardHandler)}
	rules := s.servingRules()
	ended := s.startMailing(working, rules.Outbox)
	began := time.Now()
	for i := range 4 {
		account := app.NewAccount{Name: fmt.Sprint("Acme ", i), CompanyID: fmt.Sprint(i)}
		address := fmt.Sprintf("sue%d@acme.example", i)
		if _, err := rules.SetUps.CreateAccount(t.Context(), account, address, "en"); err != nil {
			t.Fatal(err)
		}
		for len(sent.Mails()) <= i && time.Since(began) < time.Minute {
			time.Sleep(time.Millisecond)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("four mails, one after the other, took %v", took)
	}
	end()
	<-ended
	if err := opened.store.Close(); err != nil {
		t.Error(err)
	}
}
