package cli

import (
	"context"
)

// asksToJoin has somebody who has a login open the link and ask to be added.
func (s *story) asksToJoin(email string) func(context.Context) error {
	return func(ctx context.Context) error {
		link, err := s.rules().Registrations.OpenLink(ctx, s.link)
		if err != nil {
			return err
		}
		return s.rules().JoinRequests.Send(ctx, *link, email)
	}
}
