package app

import (
	"context"
)

// Directory is an SSO directory: it tells who has a login. Our own is the store; others may be asked besides,
// and any of them that knows an address refuses the registration link to it.
type Directory interface {
	// EmailHasLogin tells whether the directory knows the canonical address. An error means that it cannot tell: nobody is
	// let in then. It is never asked inside a transaction.
	EmailHasLogin(ctx context.Context, emailKey string) (bool, error)
}

// Directories are all that are asked, in that order, whatever the first ones say: an answer takes the same
// time for everybody (T-24).
type Directories []Directory

// EmailHasLogin tells whether one of them knows the address, or that one of them cannot tell.
func (all Directories) EmailHasLogin(ctx context.Context, emailKey string) (bool, error) {
	known := false
	for _, d := range all {
		found, err := d.EmailHasLogin(ctx, emailKey)
		if err != nil {
			return false, err
		}
		known = known || found
	}
	return known, nil
}
