package app

import (
	"context"
	"errors"
	"slices"
)

// RenewCodes gives the actor other recovery codes, where the form proves the password and a factor. Those before are dead.
func (s SecondFactors) RenewCodes(ctx context.Context, by Actor, form FactorForm) (Changed, error) {
	use, err := s.allow(ctx, by, form, Problems{})
	if err != nil {
		return Changed{}, err
	}
	change := s.change(by, CodesRenewed, use.At)
	change.Use, change.NewCodes = use, true
	codes, kept := newRecoveryCodes(by.Identity.ID, use.At)
	change.Add = kept
	return Changed{Codes: codes}, usedMeanwhile(form.field(), s.Store.ChangeFactors(ctx, change))
}

// Remove takes a factor of the actor away, where the form proves the password and a factor. With the last one the recovery codes go.
// NotFound where it is none of theirs.
func (s SecondFactors) Remove(ctx context.Context, by Actor, id string, form FactorForm) (Changed, error) {
	factor, err := s.Own(ctx, by, id)
	if err != nil {
		return Changed{}, err
	}
	use, err := s.allow(ctx, by, form, Problems{})
	if err != nil {
		return Changed{}, err
	}
	way := AppRemoved
	if factor.Kind == Passkey {
		way = PasskeyRemoved
	}
	change := s.change(by, way, use.At)
	change.Use, change.Remove = use, []string{factor.ID}
	done, err := s.store(ctx, by, change)
	return done, usedMeanwhile(form.field(), err)
}

// Own gives a factor of the actor by its id, recovery codes apart; or NotFound.
func (s SecondFactors) Own(ctx context.Context, by Actor, id string) (*Factor, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(f Factor) bool { return f.ID == id && f.Kind != RecoveryCode })
	if i < 0 {
		return nil, Refuse(NotFound, "factor_unknown")
	}
	return &all[i], nil
}

// usedMeanwhile says beside the field that somebody was faster.
func usedMeanwhile(field string, err error) error {
	var refusal *Error
	if errors.Is(err, Conflict) && errors.As(err, &refusal) {
		return Problems{field: refusal.Message}
	}
	return err
}
