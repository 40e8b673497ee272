package app

import (
	"cmp"
	"context"
	"log/slog"
)

// Store is everything that the rules keep and find.
type Store interface {
	ActivationStore
	ActivityStore
	ApprovalStore
	ConfirmationStore
	DashboardStore
	DeadlineStore
	FactorRemovalStore
	FactorStore
	ImportStore
	InstallationStore
	InvitationStore
	JoinRequestStore
	KeyRotationStore
	LimitStore
	LinkHistoryStore
	LinkStore
	MemberStore
	NoticeStore
	OperatorStore
	PreferenceStore
	RegistrationStore
	SecurityStore
	SignInMethodStore
	SignInStore
	SSORemovalStore
	SSOStore
}

// Deps is what the rules are made of. A program that asks only some of the rules needs only their part of it.
type Deps struct {
	Store         Store
	Sealer        *Sealer
	Hasher        *PasswordHasher
	Clock         Clock // nil: the computer's
	CodeApps      AuthenticatorApps
	Passkeys      Passkeys   // nil: browsers know no passkeys for the portal's address
	SSO           SSO        // the provider of single sign-on; nil: there is none
	Directory     Directory  // asked in addition to our own who has a login; nil: there is none
	MaxLinkAge    MaxLinkAge // how long a registration link works at most; 0: no maximum
	EnforceLimits bool       // whether the limits hold, and many registrations are reported in one mail
	Log           *slog.Logger
}

// Rules are all the rules of the domain, made once by New. Whatever asks them shares one value.
type Rules struct {
	Clock      Clock
	Sealer     *Sealer
	MaxLinkAge MaxLinkAge

	Activations    Activations
	Activities     Activities
	Approvals      Approvals
	Confirmations  Confirmations
	Dashboards     Dashboards
	Deadlines      Deadlines
	FactorRemovals FactorRemovals
	Imports        Imports
	Invitations    Invitations
	JoinRequests   JoinRequests
	KeyRotation    KeyRotation
	Limits         *Limits // nil: the installation has none
	LinkHistory    LinkHistory
	Links          Links
	Members        Members
	Operators      Operators
	Outbox         Outbox
	Profiles       Profiles
	Registrations  Registrations
	SecondFactors  SecondFactors
	Security       Security
	SetUps         SetUps
	SignInMethods  SignInMethods
	SignIns        SignIns
	SSORemovals    SSORemovals
	SSOSignIns     SSOSignIns
}

// New makes the rules.
func New(d Deps) *Rules {
	store, sealer, hasher, clock, maxAge := d.Store, d.Sealer, d.Hasher, d.Clock, d.MaxLinkAge
	r := &Rules{
		Clock: clock, Sealer: sealer, MaxLinkAge: maxAge,

		Activations:    Activations{Store: store, Sealer: sealer, Clock: clock},
		Activities:     Activities{Store: store, Clock: clock},
		Approvals:      Approvals{Store: store, Sealer: sealer, Clock: clock},
		Confirmations:  Confirmations{Store: store, Hasher: hasher, Sealer: sealer, Clock: clock},
		Dashboards:     Dashboards{Store: store, Clock: clock},
		Deadlines:      Deadlines{Store: store, Clock: clock},
		FactorRemovals: FactorRemovals{Store: store, Clock: clock},
		Imports:        Imports{Store: store, Clock: clock},
		Invitations:    Invitations{Store: store, Sealer: sealer, Clock: clock, MaxLinkAge: maxAge},
		JoinRequests:   JoinRequests{Store: store, Sealer: sealer, Clock: clock, MaxLinkAge: maxAge},
		KeyRotation:    KeyRotation{Store: store, Sealer: sealer},
		LinkHistory:    LinkHistory{Store: store, Clock: clock, MaxLinkAge: maxAge},
		Links:          Links{Store: store, Sealer: sealer, Clock: clock, MaxLinkAge: maxAge},
		Members:        Members{Store: store, Sealer: sealer, Clock: clock},
		Operators:      Operators{Store: store, Sealer: sealer, Clock: clock},
		Outbox:         Outbox{Store: store, Sealer: sealer, Clock: clock, MaxLinkAge: maxAge},
		Profiles:       Profiles{Store: store},
		Registrations:  d.registrations(),
		Security:       Security{Store: store, Clock: clock},
		SetUps:         SetUps{Store: store, Hasher: hasher, Sealer: sealer, Clock: clock},
		SignInMethods:  SignInMethods{Store: store, Clock: clock},
		SignIns:        SignIns{Store: store, Hasher: hasher, Clock: clock},
		SSORemovals:    SSORemovals{Store: store, Clock: clock},
		SSOSignIns:     SSOSignIns{Store: store, Provider: d.SSO, Sealer: sealer, Clock: clock},
	}
	if d.EnforceLimits {
		r.Limits = &Limits{Memory: &MemoryLimiter{}, Store: store, Sealer: sealer, Clock: clock}
	}
	r.SecondFactors = d.secondFactors(r)
	return r
}

func (d Deps) registrations() Registrations {
	return Registrations{
		Store: d.Store, Hasher: d.Hasher, Sealer: d.Sealer, Clock: d.Clock,
		MaxLinkAge: d.MaxLinkAge, Digest: d.EnforceLimits, ExternalDirectory: d.Directory,
		OnUnrecorded: func(ctx context.Context, err error) {
			d.log().ErrorContext(ctx, "denial not recorded", "err", err)
		},
	}
}

func (d Deps) secondFactors(r *Rules) SecondFactors {
	return SecondFactors{
		Store: d.Store, SignIns: r.SignIns, Apps: d.CodeApps, Passkeys: d.Passkeys, Sealer: d.Sealer,
		Limits: r.Limits, Clock: d.Clock,
		OnUncounted: func(ctx context.Context, err error) {
			d.log().WarnContext(ctx, "limit not counted", "limit", string(FactorCodeLimit), "err", err)
		},
	}
}

func (d Deps) log() *slog.Logger { return cmp.Or(d.Log, slog.New(slog.DiscardHandler)) }
