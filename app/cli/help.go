package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reglink/app/config"
)

const (
	lineWidth  = 100
	nameColumn = 36

	completionName = "completion" // cobra's own command
	settingsTip    = "Settings such as LISTEN can be flags too (--listen), with every command: reglink help settings\n"
)

// helpCommand is cobra's, except that it fails for a command that does not exist.
func (l *commandLine) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show how to use a command.",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := l.root.Find(args)
			if err == nil && len(rest) > 0 {
				err = misspelt(c, rest)
			}
			if err != nil {
				return err
			}
			return l.runs(func(context.Context, []string) error { return c.Help() })(c, nil)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if c, rest, err := l.root.Find(args); err == nil && len(rest) == 0 {
				for _, sub := range c.Commands() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// settingsTopic is a page of help without a command.
func settingsTopic() *cobra.Command {
	return &cobra.Command{Use: "settings", Short: "List the settings.", Long: settingsHelp()}
}

// printHelp prints the help page of a command.
func (l *commandLine) printHelp(c *cobra.Command) {
	switch {
	case c == l.root:
		fmt.Fprint(l.Stdout, l.overview())
	case !c.Runnable() && !c.HasSubCommands():
		fmt.Fprint(l.Stdout, c.Long)
	default:
		fmt.Fprint(l.Stdout, page(c))
	}
}

// overview is the help page of the program.
func (l *commandLine) overview() string {
	var b strings.Builder
	b.WriteString(l.root.Short + "\n\nUsage: reglink [COMMAND] [FLAGS]\n")
	for _, g := range l.root.Groups() {
		fmt.Fprintf(&b, "\n%s\n", g.Title)
		for _, c := range l.root.Commands() {
			if c.GroupID == g.ID {
				b.WriteString(commandLines(c))
			}
		}
	}
	b.WriteString("\nWithout a command, reglink serves the portal. Help about one: reglink COMMAND --help\n")
	b.WriteString(settingsTip + "Exit codes: 0 done; 1 failed or refused; 2 wrong usage\n")
	return b.String()
}

// commandLines lists a command, or those under it.
func commandLines(c *cobra.Command) string {
	if c.Name() == completionName || !c.HasSubCommands() {
		return fmt.Sprintf("  %-*s%s\n", nameColumn, pathOf(c)+argumentsOf(c), c.Short)
	}
	text := ""
	for _, sub := range c.Commands() {
		text += commandLines(sub)
	}
	return text
}

// argumentsOf is what Use says after the command's name, with a space before it.
func argumentsOf(c *cobra.Command) string {
	if c.HasSubCommands() {
		return " COMMAND"
	}
	return strings.TrimPrefix(c.Use, c.Name())
}

// page is the help page of one command: how to use it, its own flags, and where the settings are listed.
func page(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage: %s\n", c.Short, usageLine(c))
	if c.Long != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.Long))
	}
	if c.HasSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			b.WriteString(commandLines(sub))
		}
	}
	if own := ownFlags(c); own.HasFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", own.FlagUsagesWrapped(lineWidth))
	}
	return b.String() + "\n" + settingsTip
}

// ownFlags are those that no other command has.
func ownFlags(c *cobra.Command) *pflag.FlagSet {
	own := pflag.NewFlagSet(c.Name(), pflag.ContinueOnError)
	own.SortFlags = false
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			own.AddFlag(f)
		}
	})
	return own
}

// usageLine is how a command is used, on one line.
func usageLine(c *cobra.Command) string {
	switch {
	case !c.HasParent():
		return "reglink [COMMAND] [FLAGS]"
	case c.HasSubCommands():
		return c.CommandPath() + argumentsOf(c)
	}
	parts := []string{c.CommandPath() + argumentsOf(c)}
	ownFlags(c).VisitAll(func(f *pflag.Flag) {
		value, _ := pflag.UnquoteUsage(f)
		text := strings.TrimSpace("--" + f.Name + " " + value)
		if !isRequired(f) {
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	})
	return strings.Join(parts, " ")
}

// settingsHelp lists every setting.
func settingsHelp() string {
	var b strings.Builder
	b.WriteString("Settings are flags or variables of the environment, for every command, before or after it.\n" +
		"A flag overrides the environment, and the environment overrides a file of settings:\n\n" +
		"  --env-file FILE\n" +
		wrap("One NAME=value per line, as in systemd's EnvironmentFile; - reads standard input.", "      "))
	for _, s := range config.All() {
		title := "--" + s.Flag() + ", " + s.Name
		if s.EnvOnly {
			title = s.Name + " (no flag: everybody on the machine can see a command line)"
		}
		about := s.Help
		if s.Default != "" {
			about += " Default: " + s.Default + "."
		}
		fmt.Fprintf(&b, "\n  %s\n%s", title, wrap(about, "      "))
	}
	return b.String()
}

// wrap breaks a text between words into lines that begin with the indent.
func wrap(text, indent string) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+len(word) > lineWidth {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}
