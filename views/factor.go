package views

import (
	"context"
	"slices"
	"strings"

	"reglink/app"
)

// factorText says what a second factor is for, or why there is none to set up: every change of it is proven
// by the password.
func factorText(p Page) string {
	if !p.Actor.Identity.HasPassword() {
		return "factor_no_password"
	}
	return "factor_text"
}

// CodeAppSetupView is the page on which an authenticator app is set up.
type CodeAppSetupView struct {
	App      app.CodeAppSetup
	Code     QRCode // of the app's address
	Email    string
	Proof    FactorProofView
	Problems app.Problems
}

// NewCodeAppSetupView draws the address of an app.
func NewCodeAppSetupView(offered app.CodeAppSetup, email string) (CodeAppSetupView, error) {
	code, err := NewQRCode(offered.URL)
	return CodeAppSetupView{App: offered, Code: code, Email: email}, err
}

// FactorProofView is what the form of another factor asks for besides the password: one of those that there are.
type FactorProofView struct {
	Wanted  bool
	Passkey app.PasskeyPrompt // in place of the code; zero: there is none
}

// FactorAction is something that a person confirms with password and factor. Its words are ids of the catalogue.
type FactorAction struct {
	Title         string
	Text          string
	Name          string // what it is about, where there are several
	Button        string
	ButtonVariant ButtonVariant
	Action        string
	Passkey       app.PasskeyPrompt // in place of the code; zero: there is none
	Problems      app.Problems
}

// RenewCodesAction is the step before new recovery codes.
func RenewCodesAction() FactorAction {
	return FactorAction{
		Title: "codes_renew", Text: "codes_renew_text", Button: "codes_make", ButtonVariant: Primary,
		Action: SecondFactorPath + "/codes",
	}
}

// RemoveFactorAction is the step before a factor is removed.
func RemoveFactorAction(f app.Factor) FactorAction {
	if f.Kind == app.Passkey {
		return FactorAction{
			Title: "passkey_remove", Text: "passkey_remove_text", Name: f.Name, Button: "factor_remove",
			ButtonVariant: Destructive,
			Action:        FactorPath(f) + "/remove",
		}
	}
	return FactorAction{
		Title: "factor_app_remove", Text: "factor_app_remove_text", Button: "factor_remove", ButtonVariant: Destructive,
		Action: FactorPath(f) + "/remove",
	}
}

// codeField is where a code of an app is typed, or a recovery code instead.
func codeField(ctx context.Context, problem app.Message) Field {
	return Field{
		Name: "code", Label: t(ctx, "code"), Autocomplete: "one-time-code", Hint: t(ctx, "code_hint"),
		Problem: problem,
	}
}

// joinLines puts each text on a line of its own.
func joinLines(texts []string) string { return strings.Join(texts, "\n") }

// secretChunks cuts a secret into groups of four, as people read it off.
func secretChunks(secret string) []string {
	var all []string
	for group := range slices.Chunk([]byte(secret), 4) {
		all = append(all, string(group))
	}
	return all
}

// primaryIf is the weight of a button that is the one thing to do on the page, or is not.
func primaryIf(first bool) ButtonVariant {
	if first {
		return Primary
	}
	return Secondary
}
