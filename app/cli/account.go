package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"reglink/app"
	"reglink/app/config"
	"reglink/views/messages"
)

func accountOptions() []option {
	return []option{
		{name: "name", value: "NAME", about: "The account's name, as people read it."},
		{name: "company-id", value: "ID", about: "The customer's number with the support organisation."},
		{name: "super-user", value: "EMAIL", about: "The first Super User."},
		languageOption("the mails to the Super User"),
	}
}

func languageOption(of string) option {
	about := "The language of " + of + ": " + strings.Join(languages(), " or ") + "."
	return option{name: "language", value: "TAG", about: about, standard: "en"}
}

// knownLanguage refuses a language that the catalogues do not have; a command without that option passes.
func knownLanguage(in call) error {
	if tag, asked := in.options["language"]; asked && !slices.Contains(languages(), tag) {
		return fmt.Errorf("--language: %q is none of %s", tag, strings.Join(languages(), ", "))
	}
	return nil
}

func languages() []string {
	var tags []string
	for _, l := range messages.Languages() {
		tags = append(tags, l.Tag)
	}
	return tags
}

// beginning is where a Super User begins: a path of the portal, and until when it works.
type beginning struct {
	path  string
	until time.Time // zero: always
}

// addAccount creates an account. The last line that it prints ends with the address at which the Super User begins.
func (p Program) addAccount(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	base, err := settings.Base()
	if err != nil {
		return err
	}
	if err := knownLanguage(in); err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	begin, err := opened.createAccount(ctx, in.options)
	if err := errors.Join(err, opened.store.Close()); err != nil {
		return err
	}
	p.welcome(in.options, base, begin)
	return nil
}

func (o *portal) createAccount(ctx context.Context, options map[string]string) (beginning, error) {
	input := app.NewAccount{Name: options["name"], CompanyID: options["company-id"]}
	token, err := o.setUps(nil).CreateAccount(ctx, input, options["super-user"], options["language"])
	if refused(err) {
		return beginning{}, errors.New(sentence(err, map[string]string{
			"account_name": "--name", "company_id": "--company-id", "super_user": "--super-user",
		}))
	}
	if err != nil || token == "" {
		return beginning{path: "/sign-in"}, err
	}
	return beginning{path: "/activate/" + token, until: app.Clock(nil).Now().Add(app.ActivateWithin)}, nil
}

func (p Program) welcome(options map[string]string, base string, begin beginning) {
	who := options["super-user"]
	fmt.Fprintf(p.Stdout, "The account %s is created; %s is its Super User.\n", options["name"], who)
	if begin.until.IsZero() {
		fmt.Fprintf(p.Stdout, "%s has a login already and signs in at %s\n", who, base+begin.path)
		return
	}
	until := messages.For("en").DateTime(begin.until)
	fmt.Fprintf(p.Stdout, "%s begins here, once, until %s:\n%s\n", who, until, base+begin.path)
}
