package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/app/config"
	"reglink/views/messages"
)

func (l *commandLine) accountCommand() *cobra.Command {
	return l.group("account", "Create accounts and say how their people sign in.", l.accountAddCommand(),
		l.accountSignInCommand())
}

// accountFlags are the flags of account add.
type accountFlags struct{ name, companyID, superUser, language string }

func (l *commandLine) accountAddCommand() *cobra.Command {
	var given accountFlags
	c := &cobra.Command{
		Use: "add", Short: "Create an account with its first Super User and print the activation address.",
		Long: "It can run beside a running portal. The last line of the output ends with the address at which the\n" +
			"Super User begins.",
		Args: needs(), RunE: l.runs(func(ctx context.Context, _ []string) error { return l.addAccount(ctx, given) }),
	}
	c.Flags().StringVar(&given.name, "name", "", "The account's `NAME`, as people read it")
	c.Flags().StringVar(&given.companyID, "company-id", "", "The customer's `ID` with the support organisation")
	c.Flags().StringVar(&given.superUser, "super-user", "", "The `EMAIL` address of the first Super User")
	languageFlag(c, &given.language, "the emails to the Super User")
	require(c, "name", "company-id", "super-user")
	return c
}

func languageFlag(c *cobra.Command, value *string, of string) {
	usage := "Language `TAG` of " + of + ": " + strings.Join(languages(), " or ")
	c.Flags().StringVar(value, "language", "en", usage)
	offer(c, "language", languages()...)
}

// checkLanguage refuses a language without a catalogue.
func checkLanguage(tag string) error {
	if slices.Contains(languages(), tag) {
		return nil
	}
	return fmt.Errorf("--language: %q is not one of %s", tag, strings.Join(languages(), ", "))
}

func languages() []string {
	var tags []string
	for _, l := range messages.Languages() {
		tags = append(tags, l.Tag)
	}
	return tags
}

// firstSignIn is where a person signs in for the first time: a path of the portal, and until when it works.
type firstSignIn struct {
	path  string
	until time.Time // zero: always
}

// signInAt is where the owner of a login begins: at the address of an activation, if there is one.
func signInAt(activation string) firstSignIn {
	if activation == "" {
		return firstSignIn{path: "/sign-in"}
	}
	return firstSignIn{path: "/activate/" + activation, until: app.Clock(nil).Now().Add(app.ActivateWithin)}
}

// text says where the person of that address begins. Its last word is the address of the page, for scripts.
func (f firstSignIn) text(email, base string) string {
	if f.until.IsZero() {
		return fmt.Sprintf("%s already has a login and signs in at %s", email, base+f.path)
	}
	return fmt.Sprintf("%s sets a password at this address, once, before %s:\n%s",
		email, messages.For("en").DateTime(f.until), base+f.path)
}

func (l *commandLine) addAccount(ctx context.Context, given accountFlags) error {
	base, err := l.baseURL()
	if err != nil {
		return err
	}
	if err := checkLanguage(given.language); err != nil {
		return err
	}
	labels := map[string]string{"account_name": "--name", "company_id": "--company-id", "super_user": "--super-user"}
	var activation string
	database, err := l.act(ctx, labels, func(to *portal) error {
		var err error
		input := app.NewAccount{Name: given.name, CompanyID: given.companyID}
		activation, err = to.rules().SetUps.CreateAccount(ctx, input, given.superUser, given.language)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "Created the account %s with the Super User %s in the database %s.\n%s\n",
		given.name, given.superUser, database, signInAt(activation).text(given.superUser, base))
	return nil
}

// baseURL is where people reach the portal, for a command that does not serve it.
func (l *commandLine) baseURL() (string, error) {
	settings, err := l.settings()
	if err != nil {
		return "", err
	}
	return settings.Base()
}

func (l *commandLine) accountSignInCommand() *cobra.Command {
	var way string
	c := &cobra.Command{
		Use: "sign-in COMPANY-ID", Short: "Set an account's sign-in method on behalf of its Super Users.",
		Long: "For an account that nobody can open any longer, for example because single sign-on was given up.",
		Args: needs("COMPANY-ID"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: l.runs(func(ctx context.Context, args []string) error {
			return l.setSignInMethod(ctx, args[0], app.SignInMethod(way))
		}),
	}
	c.Flags().StringVar(&way, "way", "", "The `WAY` in which its people sign in: both, password or sso")
	require(c, "way")
	offer(c, "way", "both", "password", "sso")
	return c
}

func (l *commandLine) setSignInMethod(ctx context.Context, companyID string, way app.SignInMethod) error {
	settings, err := l.settings()
	if err != nil {
		return err
	}
	if way == app.SSOOnly && settings.SSO.Issuer == "" {
		return fmt.Errorf("--way sso: no single sign-on provider is configured, so nobody could sign in; set %s and %s first",
			config.OIDCIssuer, config.OIDCClientID)
	}
	var account *app.Account
	database, err := l.act(ctx, map[string]string{"way": "--way"}, func(in *portal) error {
		var err error
		account, err = in.rules().SignInMethods.Override(ctx, companyID, way)
		if errors.Is(err, app.NotFound) {
			return fmt.Errorf("no account has the company ID %q", companyID)
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "The sign-in method of the account %s in the database %s is now: %s.\n", account.Name, database,
		way)
	return nil
}
