package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app"
	"reglink/app/config"
)

func (p Program) secondFactors() []command {
	return []command{{
		name: "second-factor remove", argument: "EMAIL", about: "Take the second factor from a person who has lost it; they are mailed.",
		details: "Be sure who asks for it. Their password alone is enough to sign in afterwards, and every session of theirs ends.",
		run:     p.removeSecondFactor,
	}}
}

func (p Program) removeSecondFactor(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	err = app.FactorRemovals{Store: opened.store}.Remove(ctx, in.argument)
	if refused(err) {
		err = errors.New(sentence(err, map[string]string{"email": in.argument}))
	}
	if err = errors.Join(err, opened.store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "%s signs in with the password alone until another second factor is set up.\n", in.argument)
	return nil
}
