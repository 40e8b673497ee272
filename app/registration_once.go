package app

import "context"

// store stores an admission, and once more where nobody knows whether it is stored and a look finds it nowhere. Whatever became of the
// first try, the keys of the form and of the email let only one of them in.
func (s Registrations) store(ctx context.Context, wayID string, form RegistrationForm, a Admission) error {
	err := s.unlessRegistered(ctx, wayID, form, s.Store.Register(ctx, a))
	if perhapsDone(err) {
		err = s.unlessRegistered(ctx, wayID, form, s.Store.Register(ctx, a))
	}
	return err
}

// unlessRegistered turns a refusal into success where another copy of the same form was faster: the person did register.
func (s Registrations) unlessRegistered(ctx context.Context, wayID string, form RegistrationForm, refusal error) error {
	if refusal == nil {
		return nil
	}
	done, err := s.registered(ctx, wayID, form)
	if done {
		return nil
	}
	if err != nil {
		return err
	}
	return refusal
}

func (s Registrations) registered(ctx context.Context, wayID string, form RegistrationForm) (bool, error) {
	key, m := EmailKey(form.Email)
	if m.ID != "" || !IsID(form.SubmissionID) {
		return false, nil
	}
	return s.Store.Registered(ctx, submissionKey(wayID, form.SubmissionID, key))
}
