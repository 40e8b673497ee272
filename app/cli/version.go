package cli

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (l *commandLine) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version.", Args: needs(),
		RunE: l.runs(func(context.Context, []string) error {
			_, err := fmt.Fprintln(l.Stdout, "reglink", version())
			return err
		}),
	}
}

// version is what the build recorded: the version of the module, which names the commit, and that of Go.
func version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	return build.Main.Version + ", " + build.GoVersion
}
