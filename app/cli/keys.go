package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/app/config"
	"reglink/db"
)

func (l *commandLine) keysCommand() *cobra.Command {
	var wait string
	var giveUp bool
	c := &cobra.Command{
		Use: "rotate", Short: "Seal everything again with the newest secret key, or with one that it makes.",
		Long: "It can run beside running portals, and be interrupted and started again. With the embedded database and\n" +
			"no SECRET_KEY, it makes a new key itself. Otherwise restart every server with the new key as SECRET_KEY and\n" +
			"the former one as SECRET_KEY_OLD first. Then run it once with these settings, and remove SECRET_KEY_OLD.",
		Args: needs(), RunE: l.runs(func(ctx context.Context, _ []string) error { return l.rotateKeys(ctx, wait, giveUp) }),
	}
	c.Flags().StringVar(&wait, "wait", "15s", "How much `TIME` running portals get to notice the new key before a last "+
		"look")
	c.Flags().BoolVar(&giveUp, "give-up", false, "Give up what no key opens any longer: only if a key is lost")
	c.Flags().SortFlags = false
	group := l.group("keys", "Change the secret key.", c)
	group.SuggestFor = []string{"rotate"}
	return group
}

// rotateKeys makes a new key if Reglink keeps it itself and no rotation was left unfinished, and seals everything
// with the newest one.
func (l *commandLine) rotateKeys(ctx context.Context, wait string, giveUp bool) error {
	pause, err := time.ParseDuration(wait)
	if err != nil || pause < 0 {
		return fmt.Errorf("--wait: invalid duration %q (example: 15s)", wait)
	}
	settings, err := l.settings()
	if err != nil {
		return err
	}
	store, err := db.OpenExisting(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	held, err := db.LockDatabase(settings.DatabaseURL, db.LockForRotation)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	sealer, err := openSealer(ctx, settings, store)
	if err == nil {
		err = l.upgrade(ctx, settings, store)
	}
	if err == nil {
		rotation := app.New(app.Deps{Store: store, Sealer: sealer}).KeyRotation
		rotation.Wait, rotation.OnProgress = l.waitForServers(pause), l.reportProgress()
		err = l.rotate(ctx, rotation, settings, giveUp)
	}
	return errors.Join(err, store.Close(), held.Close())
}

func (p Program) rotate(ctx context.Context, rotation app.KeyRotation, settings *config.Settings, giveUp bool) error {
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
	done, err := rotation.Rotate(ctx, giveUp)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Everything in the database %s is sealed with the key %s: %s sealed again, %d lost.\n",
		db.Name(settings.DatabaseURL), done.Key, sealedCounts(done), done.Unreadable)
	if !settings.MakesKeys() {
		fmt.Fprintln(p.Stdout, "Older keys are needed for older backups only: you can remove SECRET_KEY_OLD.")
	}
	return nil
}

// sealedCounts is how much was sealed again, by table.
func sealedCounts(done app.KeyRotationProgress) string {
	var said []string
	for _, table := range slices.Sorted(maps.Keys(done.Sealed)) {
		said = append(said, fmt.Sprintf("%d %s", done.Sealed[table], strings.ReplaceAll(table, "_", " ")))
	}
	if len(said) == 0 {
		return "nothing"
	}
	return strings.Join(said, ", ")
}

// waitForServers returns the pause in which running programs notice a new key.
func (p Program) waitForServers(pause time.Duration) func(context.Context) error {
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

// reportProgress says how far a rotation has come, at most once a second.
func (p Program) reportProgress() func(app.KeyRotationProgress) {
	last := time.Now()
	return func(done app.KeyRotationProgress) {
		if time.Since(last) >= time.Second {
			fmt.Fprintf(p.Stderr, "Sealed again so far: %s.\n", sealedCounts(done))
			last = time.Now()
		}
	}
}
