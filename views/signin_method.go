package views

import (
	"context"

	"reglink/app"
)

// SignInMethodView is what the card shows on which an account chooses how its people sign in.
type SignInMethodView struct {
	Method   app.SignInMethod
	Provider string      // what people know the provider of single sign-on by; empty: there is none, and no card
	Refused  app.Message // why the choice was not stored
	Problems app.Problems
	Focus    bool
}

func (v SignInMethodView) field(ctx context.Context) Field {
	return Field{Name: "way", Label: t(ctx, "sign_in_way"), Problem: v.Problems["way"]}
}

// needsSSO tells whether the choice was refused for want of a sign-in through the provider.
func (v SignInMethodView) needsSSO() bool { return v.Refused.ID == "sign_in_first_by_sso" }

// needsPassword tells whether it was for want of a sign-in with a password.
func (v SignInMethodView) needsPassword() bool { return v.Refused.ID == "sign_in_first_by_password" }

// signInMethodName is a way's word; empty where there is no such way.
func signInMethodName(ctx context.Context, way app.SignInMethod) string {
	for _, known := range app.AllSignInMethods() {
		if way == known {
			return t(ctx, "way_"+string(way))
		}
	}
	return ""
}
