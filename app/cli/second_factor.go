package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (l *commandLine) secondFactorCommand() *cobra.Command {
	remove := &cobra.Command{
		Use: "remove EMAIL", Short: "Remove the second factor of a person who has lost it; they get an email.",
		Long: "Be sure who asks for it. Their password alone is enough to sign in afterwards. All their sessions end.",
	}
	const done = "Removed the second factor of %s in the database %s: the password alone is enough to sign in now."
	return l.group("second-factor", "Help people who have lost their second factor.",
		l.removalCommand(remove, done, func(ctx context.Context, in *portal, email string) error {
			return in.rules().FactorRemovals.Remove(ctx, email)
		}))
}
