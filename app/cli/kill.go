package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"reglink/app"
	"reglink/app/config"
)

func (p Program) killing() command {
	return command{
		name: "links kill-all", about: "End every registration link, mailed address and session: after a backup was restored.",
		details: "In a restored database, what was disabled, used or signed out since the backup works again, and nobody " +
			"can tell which. " +
			"Passwords and memberships stay. Super Users find it in their activity, sign in anew and generate new links. It " +
			"works beside " +
			"running portals.",
		options: []option{{name: "yes", about: "Do it without asking."}},
		run:     p.killLinks,
	}
}

func (p Program) killLinks(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	if in.options["yes"] != given {
		err = p.confirmed("This ends the registration link of every account, every mailed address that was not used yet, " +
			"and every session.")
	}
	var done app.Revoked
	if err == nil {
		done, err = app.RevokeAll(ctx, opened.store, nil)
	}
	if err := errors.Join(err, opened.store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Ended: %d links, %d confirmations, %d requests to be added, %d sessions.\n",
		done.Links, done.Confirmations, done.Requests, done.Sessions)
	return nil
}

// confirmed asks whether to do what was said, and gives an error unless the answer is yes.
func (p Program) confirmed(what string) error {
	if p.Stdin == nil {
		return errors.New("nothing was done; say --yes where nobody can be asked")
	}
	fmt.Fprintf(p.Stderr, "%s\nType yes to do it: ", what)
	answer, err := bufio.NewReader(p.Stdin).ReadString('\n')
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	if err != nil {
		fmt.Fprintln(p.Stderr)
	}
	return errors.New("nothing was done; say yes, or --yes where nobody can be asked")
}
