package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/db"
)

func (l *commandLine) linksCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "kill-all", Short: "End every registration link, mailed address and session, after a backup was restored.",
		Long: "In a restored database, what was disabled, used or signed out since the backup works again, and nothing\n" +
			"shows which. Passwords and memberships stay. Super Users see it in their activity, sign in again and\n" +
			"generate new links. It can run beside running portals.",
		Args: needs(), RunE: l.runs(func(ctx context.Context, _ []string) error { return l.killLinks(ctx, yes) }),
	}
	c.Flags().BoolVar(&yes, "yes", false, "Do not ask for confirmation")
	group := l.group("links", "End every registration link.", c)
	group.SuggestFor = []string{"kill-all", "kill", "revoke"}
	return group
}

func (l *commandLine) killLinks(ctx context.Context, yes bool) error {
	var done app.Revoked
	database, err := l.act(ctx, nil, func(in *portal) error {
		if !yes {
			err := l.confirm("This ends the registration link of every account, every mailed address that has not been used, " +
				"and every session in the database " + db.Name(in.settings.DatabaseURL) + ".")
			if err != nil {
				return err
			}
		}
		var err error
		done, err = app.RevokeAll(ctx, in.store, nil)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "Ended in the database %s: %d links, %d confirmations, %d requests to be added, %d sessions.\n",
		database, done.Links, done.Confirmations, done.Requests, done.Sessions)
	return nil
}

// confirm asks whether to do what the text says, and returns an error unless the answer is yes.
func (p Program) confirm(text string) error {
	if p.Stdin == nil {
		return errors.New("nothing was done: use --yes where nobody can be asked")
	}
	fmt.Fprintf(p.Stderr, "%s\nType yes to continue: ", text)
	answer, err := bufio.NewReader(p.Stdin).ReadString('\n')
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	if err != nil {
		fmt.Fprintln(p.Stderr)
	}
	return errors.New("nothing was done: the answer was not yes (use --yes where nobody can be asked)")
}
