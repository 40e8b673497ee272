package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app"
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

// restore puts a backup into the place of the embedded database.
func (p Program) restore(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	if made, err := settings.KeyMade(); err != nil || !made {
		return errors.Join(err, errors.New("the backup's secret.key is missing beside the database: put it there first"))
	}
	sealer, err := newSealer(settings)
	if err != nil {
		return err
	}
	kept, err := db.Restore(ctx, settings.DatabaseURL, db.RestoreOptions{
		From: in.argument, Replace: in.options["replace"] == given, At: app.Clock(nil).Now(),
		Check: func(ctx context.Context, s *db.Store) error {
			err := app.New(app.Deps{Store: s, Sealer: sealer}).SetUps.CheckKey(ctx)
			if refused(err) {
				return errors.New(sentence(err, nil))
			}
			return err
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, "The database is restored from", in.argument)
	if kept != "" {
		fmt.Fprintln(p.Stdout, "What was there before is kept as", kept)
	}
	fmt.Fprintln(p.Stdout, "What was disabled, used or signed out since the backup works again: run reglink links "+
		"kill-all before you serve it.")
	return nil
}
