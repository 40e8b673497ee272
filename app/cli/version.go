package cli

import (
	"context"
	"fmt"
	"runtime/debug"
)

// version prints what the build recorded: the version of the module, which names the commit, and that of Go.
func (p Program) version(context.Context, call) error {
	version, goVersion := "of unknown version", "Go of unknown version"
	if build, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = build.Main.Version, build.GoVersion
	}
	fmt.Fprintf(p.Stdout, "reglink %s, %s\n", version, goVersion)
	return nil
}
