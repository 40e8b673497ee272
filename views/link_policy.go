package views

import (
	"context"

	"reglink/app"
)

// PolicyView is what the form of the link's rules shows.
type PolicyView struct {
	Account  app.Account
	Form     app.LinkPolicyForm
	Problems app.Problems
	Domains  []app.Message  // what is wrong with each of the domains
	MaxAge   app.MaxLinkAge // the installation's maximum; 0: none
	Focus    bool           // the form was swapped in: its heading takes the focus
}

// expiries are the ways to end a link that this installation offers.
func (v PolicyView) expiries() []app.LinkExpiry {
	if v.MaxAge > 0 {
		return []app.LinkExpiry{app.ExpiryByDate, app.ExpiryByAge}
	}
	return app.LinkExpiries()
}

func (v PolicyView) expiryField(ctx context.Context) Field {
	f := Field{Name: "expiry", Label: t(ctx, "policy_expiry"), Problem: v.Problems["expiry"]}
	if v.MaxAge > 0 {
		f.Hint = t(ctx, "policy_expiry_most", "Count", int(v.MaxAge))
	}
	return f
}

func (v PolicyView) approvalField() Field {
	return Field{Name: "requires_approval", Problem: v.Problems["requires_approval"]}
}

// domainsField shows the problem of each domain, the first as the field's own.
func (v PolicyView) domainsField(ctx context.Context) Field {
	f := Field{
		Name: "domains", Label: t(ctx, "policy_domains"), Value: v.Form.Domains, Problem: v.Problems["domains"],
		Hint: t(ctx, "policy_domains_hint"), Optional: true,
	}
	if !f.Problem.None() && len(v.Domains) > 1 {
		f.MoreProblems = v.Domains[1:]
	}
	return f
}
