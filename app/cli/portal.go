package cli

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"reglink/app"
	"reglink/app/config"
	"reglink/db"
)

// portal is an installation that was opened: its settings, its database at the present version, and its key.
type portal struct {
	settings *config.Settings
	store    *db.Store
	sealer   *app.Sealer
	hasher   *app.PasswordHasher
	clock    app.Clock
	keyless  atomic.Bool // the database names a key that this program does not have
}

// opener is db.Open for commands that create a database, and db.OpenExisting for all others.
type opener func(ctx context.Context, databaseURL string) (*db.Store, error)

// open opens the installation that the settings name. The caller closes the store.
func (p Program) open(ctx context.Context, settings *config.Settings, opens opener) (*portal, error) {
	made, err := settings.KeyMade()
	if made { // a wrong key is refused before anything is opened
		_, err = settings.Keys()
	}
	if err != nil {
		return nil, err
	}
	store, err := opens(ctx, settings.DatabaseURL)
	if err != nil {
		return nil, err
	}
	found := &portal{settings: settings, store: store, hasher: app.NewPasswordHasher(app.OWASPMinimum)}
	if found.sealer, err = openSealer(ctx, settings, store); err == nil {
		err = p.upgrade(ctx, settings, store)
	}
	if err == nil {
		err = found.rules().SetUps.CheckKey(ctx)
	}
	if err != nil {
		_ = store.Close() // the reason why is the other error
		return nil, err
	}
	return found, nil
}

// openSealer has the keys of the settings. It makes the first key for a database that has none yet; where the key of
// one that has been used is missing, that is an error, for another key would open nothing.
func openSealer(ctx context.Context, settings *config.Settings, store *db.Store) (*app.Sealer, error) {
	made, err := settings.KeyMade()
	if err != nil {
		return nil, err
	}
	if !made {
		sealed, err := store.Sealed(ctx)
		if err == nil && !sealed {
			err = settings.MakeKey()
		}
		if err != nil {
			return nil, err
		}
	}
	return newSealer(settings)
}

// newSealer has the keys of the settings, and looks for them again when it meets one that it does not know.
func newSealer(settings *config.Settings) (*app.Sealer, error) {
	keys, err := settings.Keys()
	if err != nil {
		return nil, err
	}
	sealer, err := app.NewSealer(keys[0], keys[1:]...)
	if err != nil {
		return nil, err
	}
	sealer.SetKeySource(settings.Keys)
	return sealer, nil
}

// upgrade brings the database to the present version, and warns if it is at a later one already.
func (p Program) upgrade(ctx context.Context, settings *config.Settings, store *db.Store) error {
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	all, err := store.Migrations(ctx)
	if err != nil {
		return err
	}
	if unknown := withState(all, db.MigrationUnknown); len(unknown) > 0 {
		p.log(settings, slog.LevelWarn).Warn(olderThanDatabase, "database", db.Name(settings.DatabaseURL), "unknown",
			names(unknown))
	}
	return nil
}

// act opens the installation of the settings, which must exist, for as long as do takes. It returns the name of the
// database for what the command prints. Refusals come back in English.
func (l *commandLine) act(ctx context.Context, labels map[string]string, do func(*portal) error) (string, error) {
	settings, err := l.settings()
	if err != nil {
		return "", err
	}
	opened, err := l.open(ctx, settings, db.OpenExisting)
	if err != nil {
		return "", err
	}
	return db.Name(settings.DatabaseURL), errors.Join(inEnglish(do(opened), labels), opened.store.Close())
}

// deps is what the rules of the installation are made of, wherever they are asked.
func (o *portal) deps() app.Deps {
	return app.Deps{Store: o.store, Sealer: o.sealer, Hasher: o.hasher, Clock: o.clock}
}

// rules makes the rules for a command. A server has more of them.
func (o *portal) rules() *app.Rules { return app.New(o.deps()) }
