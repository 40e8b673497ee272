package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app/config"
	"reglink/db"
)

func (p Program) migrate(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	store, err := openStore(ctx, settings)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, "The database is at the present version.")
	return store.Close()
}

func (p Program) backup(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	store, err := db.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	if err := errors.Join(store.Backup(ctx, in.argument), store.Close()); err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, "The database is copied into", in.argument)
	return nil
}
