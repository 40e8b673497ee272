package mail

import (
	"context"
	"time"

	"reglink/views/email"
)

// SetTimeouts has a step, and a whole try, last that long at most.
func (s *SMTP) SetTimeouts(step, whole time.Duration) { s.stepTimeout, s.sendTimeout = step, whole }

// Send takes both steps.
func (s *SMTP) Send(ctx context.Context, m email.Mail) error {
	handover, err := s.Begin(ctx, m)
	if err != nil {
		return err
	}
	defer handover.Close()
	return handover.Finish()
}
