package mail_test

import (
	"fmt"
	"testing"

	"reglink/app/mail"
	"reglink/views/email"
)

func TestRecorder_KeepsTheNewest(t *testing.T) {
	t.Parallel()
	box := &mail.Recorder{}
	for i := range 250 {
		handover, err := box.Begin(t.Context(), email.Mail{ID: fmt.Sprint(i)})
		wantNoError(t, err)
		wantNoError(t, handover.Finish())
	}
	mails := box.Mails()
	if len(mails) != 200 || mails[0].ID != "249" || mails[199].ID != "50" {
		t.Errorf("%d mails from %s to %s", len(mails), mails[0].ID, mails[len(mails)-1].ID)
	}
	mails[0].ID = "mine"
	if box.Mails()[0].ID != "249" {
		t.Error("what a reader changes is changed for all")
	}
}
