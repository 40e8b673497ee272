package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app"
	"reglink/app/config"
)

func (p Program) operators() []command {
	return []command{
		{
			name: "operator add", argument: "EMAIL",
			about:   "Let a person see the outbox of the portal; a new address gets a login.",
			options: []option{languageOption("the mail to a new address")}, run: p.addOperator,
		},
		{
			name: "operator remove", argument: "EMAIL", about: "Take that right away again; the login stays.",
			run: p.removeOperator,
		},
	}
}

// addOperator makes a person an operator. For a new address the last line that it prints is the activation address.
func (p Program) addOperator(ctx context.Context, in call) error {
	base, token := "", ""
	err := p.asOperators(ctx, in, func(rules app.Operators, settings *config.Settings) error {
		var err error
		if base, err = settings.Base(); err != nil {
			return err
		}
		token, err = rules.Add(ctx, in.argument, in.options["language"])
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "%s is an operator of the portal.\n", in.argument)
	if token != "" {
		fmt.Fprintf(p.Stdout, "The login is new and begins here, once, within 7 days:\n%s\n", base+"/activate/"+token)
	}
	return nil
}

func (p Program) removeOperator(ctx context.Context, in call) error {
	err := p.asOperators(ctx, in, func(rules app.Operators, _ *config.Settings) error {
		return rules.Remove(ctx, in.argument)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "%s is no operator of the portal any more.\n", in.argument)
	return nil
}

// asOperators opens the database for as long as act takes and says refusals in English.
func (p Program) asOperators(ctx context.Context, in call, act func(app.Operators, *config.Settings) error) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	if err := knownLanguage(in); err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	err = act(app.New(opened.deps(nil)).Operators, settings)
	if refused(err) {
		err = errors.New(sentence(err, map[string]string{"email": in.argument}))
	}
	return errors.Join(err, opened.store.Close())
}
