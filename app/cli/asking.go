package cli

import (
	"context"

	"reglink/app"
)

func (s *story) joinRequests() app.JoinRequests {
	return app.JoinRequests{Store: s.store, Sealer: s.sealer, Clock: s.clock}
}

// asksToJoin has somebody who has a login open the link and ask to be added.
func (s *story) asksToJoin(email string) func(context.Context) error {
	return func(ctx context.Context) error {
		registrations := app.Registrations{Store: s.store, Hasher: s.hasher, Sealer: s.sealer, Clock: s.clock}
		link, err := registrations.OpenLink(ctx, s.link)
		if err != nil {
			return err
		}
		return s.joinRequests().Send(ctx, *link, email)
	}
}
