package cli

import (
	"context"

	"reglink/app"
)

func (p Program) secondFactors() []command {
	return []command{{
		name: "second-factor remove", argument: "EMAIL",
		about: "Take the second factor from a person who has lost it; they are mailed.",
		details: "Be sure who asks for it. Their password alone is enough to sign in afterwards, and every session of " +
			"theirs ends.",
		run: p.removeSecondFactor,
	}}
}

func (p Program) removeSecondFactor(ctx context.Context, in call) error {
	return p.remove(ctx, in, "%s signs in with the password alone until another second factor is set up.\n",
		func(o *portal) error {
			return app.Removals{Store: o.store, Clock: o.clock}.RemoveFactors(ctx, in.argument)
		})
}
