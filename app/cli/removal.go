package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// removalCommand makes a command that takes something from the login of an address. It prints the text, with the
// address and the database, when that is done.
func (l *commandLine) removalCommand(c *cobra.Command, text string,
	remove func(ctx context.Context, in *portal, email string) error,
) *cobra.Command {
	c.Args, c.ValidArgsFunction = needs("EMAIL"), cobra.NoFileCompletions
	c.RunE = l.runs(func(ctx context.Context, args []string) error {
		database, err := l.act(ctx, map[string]string{"email": args[0]},
			func(in *portal) error { return remove(ctx, in, args[0]) })
		if err == nil {
			fmt.Fprintf(l.Stdout, text+"\n", args[0], database)
		}
		return err
	})
	return c
}
