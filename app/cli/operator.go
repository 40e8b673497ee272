package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"reglink/app"
)

func (l *commandLine) operatorCommand() *cobra.Command {
	return l.group("operator", "Say who runs the portal.", l.operatorAddCommand(), l.operatorListCommand(),
		l.operatorRemoveCommand())
}

func (l *commandLine) operatorAddCommand() *cobra.Command {
	var language string
	c := &cobra.Command{
		Use: "add EMAIL", Short: "Make a person an operator, who can read the portal's outbox.",
		Long: "An address without a login gets one. The last line of the output ends with the address at which the\n" +
			"operator begins.",
		Args: needs("EMAIL"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: l.runs(func(ctx context.Context, args []string) error { return l.addOperator(ctx, args[0], language) }),
	}
	languageFlag(c, &language, "the email to a new address")
	return c
}

func (l *commandLine) addOperator(ctx context.Context, email, language string) error {
	base, err := l.baseURL()
	if err != nil {
		return err
	}
	if err := checkLanguage(language); err != nil {
		return err
	}
	var activation string
	database, err := l.act(ctx, map[string]string{"email": email}, func(in *portal) error {
		var err error
		activation, err = in.rules().Operators.Add(ctx, email, language)
		if err == nil && activation == "" { // the login was there; perhaps its owner has never activated it
			activation, err = in.rules().Activations.Renew(ctx, email)
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "%s is now an operator of the portal with the database %s.\n%s\n",
		email, database, signInAt(activation).text(email, base))
	return nil
}

func (l *commandLine) operatorRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove EMAIL", Short: "Make a person an operator no longer; the login stays.",
		Args: needs("EMAIL"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: l.runs(func(ctx context.Context, args []string) error {
			database, err := l.act(ctx, map[string]string{"email": args[0]}, func(in *portal) error {
				return in.rules().Operators.Remove(ctx, args[0])
			})
			if err == nil {
				fmt.Fprintf(l.Stdout, "%s is no longer an operator of the portal with the database %s.\n", args[0], database)
			}
			return err
		}),
	}
}

func (l *commandLine) operatorListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the operators.", Args: needs(),
		RunE: l.runs(func(ctx context.Context, _ []string) error { return l.listOperators(ctx, asJSON) }),
	}
	jsonFlag(c, &asJSON)
	return c
}

func jsonFlag(c *cobra.Command, value *bool) {
	c.Flags().BoolVar(value, "json", false, "Print the list as JSON")
}

// operatorRow is an operator as operator list prints it.
type operatorRow struct {
	Email      string     `json:"email"`
	Name       string     `json:"name"` // empty if it is not known yet
	CreatedAt  time.Time  `json:"created_at"`
	SignedInAt *time.Time `json:"signed_in_at"` // null: never
}

// operatorList is what operator list --json prints.
type operatorList struct {
	Database  string        `json:"database"`
	Operators []operatorRow `json:"operators"`
}

func (l *commandLine) listOperators(ctx context.Context, asJSON bool) error {
	found := operatorList{Operators: []operatorRow{}}
	var err error
	found.Database, err = l.act(ctx, nil, func(in *portal) error {
		all, err := in.store.Operators(ctx)
		for _, o := range all {
			found.Operators = append(found.Operators, operatorRow{o.Email, knownName(o), o.CreatedAt.UTC(), o.SignedInAt})
		}
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(l.Stdout, found)
	}
	fmt.Fprintf(l.Stdout, "Operators of the portal with the database %s: %d\n", found.Database, len(found.Operators))
	table := tabwriter.NewWriter(l.Stdout, 0, 0, 2, ' ', 0)
	for _, o := range found.Operators {
		last := "never signed in"
		if o.SignedInAt != nil {
			last = "last signed in " + day(*o.SignedInAt)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", o.Email, o.Name, last)
	}
	return table.Flush()
}

// knownName is a person's name, empty if only the address is known.
func knownName(person app.Identity) string {
	return strings.TrimSpace(person.FirstName + " " + person.LastName)
}

// day is a date for a list.
func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(value)
}
