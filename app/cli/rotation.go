package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"reglink/app"
	"reglink/app/config"
	"reglink/db"
)

func (p Program) sealing() []command {
	return []command{p.killing(), {
		name: "keys rotate", about: "Seal everything anew with the newest secret key, or with one that it makes.",
		details: "It works beside running portals and may be interrupted and begun again. With the embedded database and " +
			"no SECRET_KEY it " +
			"makes a new key itself. Otherwise first restart every server with the new key as SECRET_KEY and the former one " +
			"as SECRET_KEY_OLD, " +
			"then run it once, with these settings, and then take SECRET_KEY_OLD away.",
		options: []option{
			{
				name: "wait", value: "TIME", standard: "15s",
				about: "How long to let running portals notice the new key before looking once more.",
			},
			{name: "give-up", about: "Give up what no key opens any more: only where a key is lost."},
		},
		run: p.rotateKeys,
	}}
}

// rotateKeys makes a new key where Reglink keeps it itself and no rotation was left unfinished, and seals
// everything with the newest one.
func (p Program) rotateKeys(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	pause, err := time.ParseDuration(in.options["wait"])
	if err != nil || pause < 0 {
		return fmt.Errorf("--wait: %q is no time as in 15s", in.options["wait"])
	}
	held, err := db.LockDatabase(settings.DatabaseURL, db.LockForRotation)
	if err != nil {
		return err
	}
	sealer, err := newSealer(settings)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	store, err := openStore(ctx, settings)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	rotation := app.New(app.Deps{Store: store, Sealer: sealer}).KeyRotation
	rotation.Wait, rotation.OnProgress = p.waits(pause), p.progress()
	err = p.rotate(ctx, rotation, settings, in.options["give-up"] == given)
	return errors.Join(err, store.Close(), held.Close())
}

func (p Program) rotate(ctx context.Context, rotation app.KeyRotation, settings *config.Settings, givingUp bool) error {
	unfinished, err := rotation.Unfinished(ctx)
	if err != nil {
		return err
	}
	if settings.MakesKeys() && !unfinished {
		if err := settings.ReplaceKey(); err != nil {
			return err
		}
		if rotation.Sealer, err = newSealer(settings); err != nil {
			return err
		}
	}
	done, err := rotation.Rotate(ctx, givingUp)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Everything is sealed with the key %s: %s sealed anew, %d lost.\n", done.Key, counts(done),
		done.Unreadable)
	if !settings.MakesKeys() {
		fmt.Fprintln(p.Stdout, "Older keys are needed for older backups only: SECRET_KEY_OLD can be taken away.")
	}
	return nil
}

// counts says how much was sealed anew, by table.
func counts(done app.KeyRotationProgress) string {
	var said []string
	for _, table := range slices.Sorted(maps.Keys(done.Sealed)) {
		said = append(said, fmt.Sprintf("%d %s", done.Sealed[table], strings.ReplaceAll(table, "_", " ")))
	}
	if len(said) == 0 {
		return "nothing"
	}
	return strings.Join(said, ", ")
}

// waits gives the pause in which running programs notice a new key.
func (p Program) waits(pause time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		if pause == 0 {
			return nil
		}
		fmt.Fprintf(p.Stderr, "Waiting %v for running portals to notice the new key.\n", pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			return nil
		}
	}
}

// progress says how far a rotation has come, at most once a second.
func (p Program) progress() func(app.KeyRotationProgress) {
	last := time.Now()
	return func(done app.KeyRotationProgress) {
		if time.Since(last) >= time.Second {
			fmt.Fprintf(p.Stderr, "Sealed anew so far: %s.\n", counts(done))
			last = time.Now()
		}
	}
}

// followEvery is how late a program notices at most that the database names another key.
const followEvery = 5 * time.Second

// startFollowing has the portal seal with the key that the database names, until ctx ends. Its channel is
// closed when that has ended.
func (o *portal) startFollowing(ctx context.Context, log *slog.Logger) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		every := time.NewTicker(followEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
			if err := o.followKey(ctx); err != nil && ctx.Err() == nil {
				log.Error("the secret key could not be checked", "error", sentence(err, nil))
			}
		}
	}()
	return ended
}
