package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app/config"
)

// remove takes something from the person of the argument, and says what holds from then on.
func (p Program) remove(ctx context.Context, in call, said string, take func(*portal) error) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	err = take(opened)
	if refused(err) {
		err = errors.New(sentence(err, map[string]string{"email": in.argument}))
	}
	if err = errors.Join(err, opened.store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, said, in.argument)
	return nil
}
