package cli

import (
	"context"
	"errors"
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

// open opens the installation that the settings name. Whoever calls it closes the store.
func open(ctx context.Context, settings *config.Settings) (*portal, error) {
	sealer, err := newSealer(settings)
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, settings)
	if err != nil {
		return nil, err
	}
	found := &portal{settings: settings, store: store, sealer: sealer, hasher: app.NewPasswordHasher(app.OWASPMinimum)}
	if err := found.setUps(nil).CheckKey(ctx); err != nil {
		_ = store.Close() // the reason why is the other error
		return nil, err
	}
	return found, nil
}

// newSealer has the keys of the settings, and looks for them again where it meets one that it does not know.
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

// openStore opens the database and brings it to the present version.
func openStore(ctx context.Context, settings *config.Settings) (*db.Store, error) {
	store, err := db.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		_ = store.Close() // the reason why is the other error
		return nil, err
	}
	return store, nil
}

// deps is what the rules of the installation are made of, wherever they are asked.
func (o *portal) deps(clock app.Clock) app.Deps {
	return app.Deps{Store: o.store, Sealer: o.sealer, Hasher: o.hasher, Clock: clock}
}

func (o *portal) setUps(clock app.Clock) app.SetUps { return app.New(o.deps(clock)).SetUps }

// followKey takes the key that the database names. Whether there is one to take is remembered; a database
// that does not answer changes nothing about it.
func (o *portal) followKey(ctx context.Context) error {
	err := o.setUps(nil).CheckKey(ctx)
	if err == nil || errors.Is(err, app.Conflict) {
		o.keyless.Store(err != nil)
	}
	return err
}
