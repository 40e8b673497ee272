package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"reglink/app/config"
)

// commandLine is one run of the program: what its commands share while they are defined, parsed and run.
type commandLine struct {
	Program
	root    *cobra.Command
	flags   config.Flags
	envFile string
	running bool // the command line was understood; what fails from here on is not a matter of usage
}

// The groups under which the overview lists commands.
const (
	groupServe    = "serve"
	groupPeople   = "people"
	groupSecurity = "security"
	groupDatabase = "database"
	groupOther    = "other"
)

func newCommandLine(p Program) *commandLine {
	l := &commandLine{Program: p}
	l.root = &cobra.Command{
		Use:           "reglink",
		Short:         "Reglink lets a company's own people into its support account with one registration link.",
		Version:       version(),
		Args:          nil, // cobra itself refuses unknown commands, and suggests others
		RunE:          l.serveByDefault,
		SilenceErrors: true, // Run prints them
		SilenceUsage:  true,
	}
	l.root.SetOut(p.Stdout)
	l.root.SetErr(p.Stderr)
	l.root.SetVersionTemplate("reglink {{.Version}}\n")
	l.root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errors.New(flagProblem(err)) })
	l.root.SetHelpFunc(func(c *cobra.Command, _ []string) { l.printHelp(c) })
	l.flags = config.FlagsIn(l.root.PersistentFlags())
	l.root.PersistentFlags().StringVar(&l.envFile, "env-file", "", "A `FILE` of settings, one NAME=value per line")
	l.addCommands()
	// Defined now, so that cobra knows them for flags without a value when it looks for the command.
	l.root.InitDefaultHelpFlag()
	l.root.InitDefaultVersionFlag()
	l.root.InitDefaultCompletionCmd()
	if c, _, err := l.root.Find([]string{completionName}); err == nil {
		c.Short = "Print a script with which your shell completes commands and flags."
		c.Args, c.RunE = nil, misspelt
	}
	return l
}

// serveByDefault is the program without a command.
func (l *commandLine) serveByDefault(c *cobra.Command, args []string) error {
	if len(args) > 0 { // an empty word, which cobra overlooks
		return errors.New("unknown command " + quoted(args[0]))
	}
	return l.runs(func(ctx context.Context, _ []string) error { return l.serve(ctx) })(c, nil)
}

func (l *commandLine) addCommands() {
	l.root.AddGroup(
		&cobra.Group{ID: groupServe, Title: "Serve"},
		&cobra.Group{ID: groupPeople, Title: "Accounts and people"},
		&cobra.Group{ID: groupSecurity, Title: "Security"},
		&cobra.Group{ID: groupDatabase, Title: "Database"},
		&cobra.Group{ID: groupOther, Title: "Other"},
	)
	l.add(groupServe, l.serveCommand(), l.demoCommand())
	l.add(groupPeople, l.accountCommand(), l.operatorCommand(), l.importCommand())
	l.add(groupSecurity, l.secondFactorCommand(), l.ssoCommand(), l.linksCommand(), l.keysCommand())
	l.add(groupDatabase, l.migrateCommand(), l.backupCommand(), l.restoreCommand())
	l.add(groupOther, l.versionCommand(), settingsTopic())
	l.root.SetHelpCommand(l.helpCommand())
	l.root.SetHelpCommandGroupID(groupOther)
	l.root.SetCompletionCommandGroupID(groupOther)
}

func (l *commandLine) add(group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		l.root.AddCommand(c)
	}
}

// group is a command that is only the first word of others.
func (l *commandLine) group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short,
		// The flags of a command that is misspelt are not what is wrong.
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		RunE:               misspelt,
	}
	c.AddCommand(commands...)
	return c
}

// runs makes a RunE of what a command does.
func (l *commandLine) runs(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		l.running = true
		return do(c.Context(), args)
	}
}
