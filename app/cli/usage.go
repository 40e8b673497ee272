package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reglink/app/config"
)

// misspelt refuses a group without one of its commands.
func misspelt(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		text := "unknown command " + quoted(args[0]) + " for " + quoted(c.CommandPath())
		c.SuggestionsMinimumDistance = 2
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			text += "\n\nDid you mean this?\n\t" + strings.Join(near, "\n\t") + "\n"
		}
		return errors.New(text)
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, c.CommandPath()+" "+sub.Name())
	}
	return errors.New("incomplete command: use " + list(names, "or"))
}

// needs wants those arguments, in their order, and the flags that were marked as required. It names all that are
// missing in one error.
func needs(arguments ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > len(arguments) {
			return errors.New(pathOf(c) + " takes no argument " + quoted(args[len(arguments)]))
		}
		var missing []string
		for i, name := range arguments {
			if i >= len(args) || args[i] == "" {
				missing = append(missing, name)
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if isRequired(f) && f.Value.String() == "" {
				missing = append(missing, "--"+f.Name)
			}
		})
		if len(missing) > 0 {
			return errors.New(pathOf(c) + " needs " + list(missing, "and"))
		}
		return nil
	}
}

// pathOf is a command's name without the program's, as in account add.
func pathOf(c *cobra.Command) string { return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ") }

func isRequired(f *pflag.Flag) bool {
	return slices.Contains(f.Annotations[cobra.BashCompOneRequiredFlag], "true")
}

// require marks flags as required, for needs and for shell completion.
func require(c *cobra.Command, flags ...string) {
	c.Flags().SortFlags = false
	for _, name := range flags {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // it is not defined: a mistake that every run shows
		}
	}
}

// offer has shell completion offer the values of a flag.
func offer(c *cobra.Command, flag string, values ...string) {
	complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // as above
	}
}

// flagProblem says what is wrong with a flag. It repeats no value of a flag that does not exist, for it may be a
// secret.
func flagProblem(err error) string {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); len(short) > 1 {
			name, _, _ = strings.Cut(short, "=")
			return "unknown flag: -" + name + " (flags begin with two dashes)"
		}
		for _, s := range config.All() {
			if s.EnvOnly && name == (config.Setting{Name: s.Name}).Flag() {
				return "unknown flag: --" + name + " (" + s.Name + " is secret: set it in the environment, or use --" +
					config.Setting{Name: config.FileOf(s.Name)}.Flag() + ")"
			}
		}
		return "unknown flag: --" + name
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return "--" + invalid.GetFlag().Name + ": invalid value " + quoted(invalid.GetValue())
	}
	return err.Error()
}
