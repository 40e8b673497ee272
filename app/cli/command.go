package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"reglink/app/config"
)

// command is one of the things that Reglink does from a command line.
type command struct {
	name     string // one word or two
	argument string // what it takes beside options, as in FILE; empty: nothing
	about    string // one sentence
	details  string // more lines for its own help
	options  []option
	run      func(ctx context.Context, in call) error
}

// option is a flag of one command; the settings are flags of every command.
type option struct {
	name, value, about string // without a value, it is said or not
	standard           string // the value where it is not given; empty: it must be given
}

// given is the value of an option that takes none.
const given = "yes"

// call is a command as it was asked for.
type call struct {
	lookup   func(setting string) string // for config.Parse
	options  map[string]string
	argument string
}

// usageError says that a command line was not understood.
type usageError struct{ reason, help string }

func (e *usageError) Error() string { return e.reason }

func (p Program) commands() []command {
	return slices.Concat([]command{
		{name: "serve", about: "Serve the portal; also without any command.", run: p.serve},
		{
			name: "demo", about: "Serve a throw-away portal with a sample account, and show the mails it would send.",
			details: "It uses a database, a key and a mailbox of its own, whatever the settings say.", run: p.demo,
		},
		{name: "migrate", about: "Bring the database to the present version; serve does it too.", run: p.migrate},
		{
			name: "account add", about: "Create an account with its first Super User and print the activation address.",
			details: "It works beside a running portal.", options: accountOptions(), run: p.addAccount,
		},
		{
			name: "account sign-in", argument: "COMPANY-ID",
			about:   "Say how the people of an account sign in, in place of its Super Users.",
			details: "For an account that nobody can enter any more, as when single sign-on was given up.",
			options: []option{{name: "way", value: "WAY", about: "both, password or sso."}}, run: p.chooseSignIn,
		},
	}, p.operators(), p.secondFactors(), p.singleSignOn(), p.imports(), p.sealing(), []command{
		{
			name: "backup", argument: "FILE", about: "Copy the embedded database into a new file while the portal runs.",
			details: "Keep secret.key, which lies beside the database, somewhere else: with both, links can be read.",
			run:     p.backup,
		},
		{
			name: "restore", argument: "FILE",
			about:   "Put a backup into the place of the embedded database, which no server may use.",
			details: "The backup is checked first and takes its place at once or not at all. Its secret.key must be in place.",
			options: []option{{name: "replace", about: "Put the present database aside, under another name."}}, run: p.restore,
		},
		{name: "version", about: "Print the version.", run: p.version},
	})
}

// find gives the command that the first words of args name, and the args after them. No word at all means serve.
func (p Program) find(args []string) (command, []string, error) {
	words := leadingWords(args)
	if len(words) == 0 {
		words, args = []string{"serve"}, slices.Concat([]string{"serve"}, args)
	}
	commands := p.commands()
	for n := min(len(words), 2); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		if i := slices.IndexFunc(commands, func(c command) bool { return c.name == name }); i >= 0 {
			return commands[i], args[n:], nil
		}
	}
	return command{}, nil, &usageError{p.unknown(words[0]), p.overview()}
}

// leadingWords are the args before the first flag.
func leadingWords(args []string) []string {
	if i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") }); i >= 0 {
		return args[:i]
	}
	return args
}

func (p Program) unknown(word string) string {
	var full []string
	for _, c := range p.commands() {
		if strings.HasPrefix(c.name, word+" ") {
			full = append(full, c.name)
		}
	}
	if len(full) > 0 {
		return "say " + strings.Join(full, ", or ")
	}
	return fmt.Sprintf("%q is no command", word)
}

// parse reads options, settings and the argument, in any order.
func (c command) parse(args []string, getenv func(string) string) (*call, error) {
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	in := &call{lookup: config.Flags(set, getenv), options: map[string]string{}}
	for _, o := range c.options {
		in.options[o.name] = o.standard
		o.define(set, in.options)
	}
	words, err := parseAll(set, args)
	if err != nil {
		return nil, c.misused(err.Error())
	}
	return in, c.complete(in, words)
}

func (o option) define(set *flag.FlagSet, options map[string]string) {
	if o.value != "" {
		set.Func(o.name, o.about, func(v string) error {
			options[o.name] = v
			return nil
		})
		return
	}
	set.BoolFunc(o.name, o.about, func(v string) error {
		yes, err := strconv.ParseBool(v)
		if yes {
			options[o.name] = given
		}
		return err
	})
}

// parseAll parses flags before, between and after the other words, which it gives.
func parseAll(set *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		if set.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, set.Arg(0)), set.Args()[1:]
	}
}

// complete makes sure that the call has everything that the command needs and nothing that it does not take.
func (c command) complete(in *call, words []string) error {
	if c.argument != "" && len(words) > 0 {
		in.argument, words = words[0], words[1:]
	}
	if len(words) > 0 {
		return c.misused(fmt.Sprintf("%s does not take %q", c.name, words[0]))
	}
	if c.argument != "" && in.argument == "" {
		return c.misused(fmt.Sprintf("%s needs a %s", c.name, c.argument))
	}
	for _, o := range c.options {
		if in.options[o.name] == "" && o.value != "" {
			return c.misused(fmt.Sprintf("%s needs --%s", c.name, o.name))
		}
	}
	return nil
}

func (c command) misused(reason string) error {
	return &usageError{reason, c.usage() + "\nMore with: reglink " + c.name + " --help\n"}
}

func asksForHelp(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "-h" || a == "-help" || a == "--help"
	})
}
