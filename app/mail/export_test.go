package mail

import (
	"context"
	"time"

	"reglink/views/email"
)

// Impatient has a step, and a whole try, last that long at most.
func (s *SMTP) Impatient(step, whole time.Duration) { s.step, s.whole = step, whole }

// Send takes both steps.
func (s *SMTP) Send(ctx context.Context, m email.Mail) error {
	handover, err := s.Begin(ctx, m)
	if err != nil {
		return err
	}
	defer handover.Close()
	return handover.Finish()
}
