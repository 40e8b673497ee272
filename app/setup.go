package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Installation is the one row that says what this database is: which key sealed it, and whether it was set up.
type Installation struct {
	ID        int    `bun:",pk"` // always 1
	KeyCheck  []byte // a random name of the installation, sealed: the key that opens it is the one that seals
	SetUpAt   *time.Time
	CreatedAt time.Time
	MacBox    []byte // what tokens are derived with, sealed, once the key was changed; nil: it follows from the key
	// the ids of earlier keys with which something may still be sealed, with blanks between
	OldKeys string `bun:",nullzero"`
}

const keyCheckPurpose = "installation"

// InstallationStore keeps the installation row. Each method is one transaction.
type InstallationStore interface {
	// Installation gives the row, which it stores as given where there is none yet.
	Installation(ctx context.Context, fresh Installation) (*Installation, error)
	// HasAccounts tells whether any account exists.
	HasAccounts(ctx context.Context) (bool, error)
	// SetUp stores the first account and its Super User and marks the installation, or answers Gone where that was done.
	SetUp(ctx context.Context, account Account, person Identity, m Membership, what Activity) error
	// CreateAccount stores an account and the creation of its first Super User. It gives what was stored; Problems
	// where the company ID is taken.
	CreateAccount(ctx context.Context, account Account, creation NewMember) (NewMember, error)
}

// SetUps are the rules by which accounts begin.
type SetUps struct {
	Store  InstallationStore
	Hasher *PasswordHasher
	Sealer *Sealer
	Clock  Clock
}

// CheckKey makes sure that the secret keys are those that this database was sealed with, and has the Sealer
// seal with the one that the database names: with another, links could not be copied and mails not written,
// and nobody would know why. It answers Conflict where a key is missing. Called again while a server runs, it
// follows a change of the key.
func (s SetUps) CheckKey(ctx context.Context) error {
	row, err := s.installation(ctx)
	if err != nil {
		return err
	}
	return s.Sealer.adoptKey(*row)
}

func (s SetUps) installation(ctx context.Context) (*Installation, error) {
	fresh := Installation{
		ID: 1, KeyCheck: s.Sealer.Seal(keyCheckPurpose, keyCheckPurpose+rand.Text()),
		CreatedAt: s.Clock.Now(),
	}
	return s.Store.Installation(ctx, fresh)
}

// Token gives the one-time set-up token of an empty installation, or Gone where accounts exist. It is the
// same on every server of the installation, and worthless from the first account on.
func (s SetUps) Token(ctx context.Context) (string, error) {
	exists, err := s.Store.HasAccounts(ctx)
	if err != nil {
		return "", err
	}
	row, err := s.installation(ctx)
	if err != nil {
		return "", err
	}
	if exists || row.SetUpAt != nil {
		return "", Refuse(Gone, "set_up_done")
	}
	name, err := s.Sealer.Open(keyCheckPurpose, row.KeyCheck)
	if err != nil {
		return "", Refuse(Conflict, "key_mismatch")
	}
	return s.Sealer.DeriveToken(SetupToken, "setup|"+name), nil
}

// CheckToken checks a set-up token and changes nothing: Gone where the set-up was done, NotFound where the
// token is wrong.
func (s SetUps) CheckToken(ctx context.Context, token string) error {
	right, err := s.Token(ctx)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(right), []byte(token)) != 1 {
		return Refuse(NotFound, "page_unknown")
	}
	return nil
}

// SetUp is the form of the set-up page.
type SetUp struct {
	Account   NewAccount
	FirstName string
	LastName  string
	Email     string
	Password  string
}

// Tidied gives the form as it is checked and kept.
func (f SetUp) Tidied() SetUp {
	f.Account = f.Account.Tidied()
	f.FirstName, f.LastName, f.Email = tidy(f.FirstName), tidy(f.LastName), tidyEmail(f.Email)
	return f
}

// Problems of a tidied form.
func (f SetUp) Problems() Problems {
	p := f.Account.Problems()
	addNameProblems(p, f.FirstName, f.LastName)
	_, m := EmailKey(f.Email)
	p.Add("email", m)
	p.Add("password", PasswordProblem(f.Password, f.FirstName, f.LastName, f.Email, f.Account.Name))
	return p
}

// SetUp creates the first account and its first Super User, who is an operator too. The address needs no
// confirmation: mail may not be configured yet, and whoever holds the set-up address runs the portal.
func (s SetUps) SetUp(ctx context.Context, token string, form SetUp, by Client) error {
	if err := s.CheckToken(ctx, token); err != nil {
		return err
	}
	form = form.Tidied()
	if err := form.Problems().Err(); err != nil {
		return err
	}
	hash, err := s.Hasher.HashNew(ctx, form.Password)
	if err != nil {
		return err
	}
	at := s.Clock.Now()
	account := Account{
		ID: NewID(), Name: form.Account.Name, CompanyID: form.Account.CompanyID, SignInMethod: AnyMethod,
		CreatedAt: at,
	}
	person := newIdentity(form.Email, by.Language, at).named(form.FirstName, form.LastName)
	person.PasswordHash, person.Operator, person.ConfirmedAt = hash, true, &at
	m := Membership{
		ID: NewID(), IdentityID: person.ID, AccountID: account.ID, Role: SuperUser, Status: Active,
		JoinedBy: BySetUp, JoinedAt: at,
	}
	what := Activity{
		ID: NewID(), AccountID: account.ID, At: at, Event: AccountCreated,
		ActorID: person.ID, SubjectID: person.ID, Address: by.Address,
	}
	return s.Store.SetUp(ctx, account, person, m, what)
}

// CreateAccount creates an account with its first Super User, for the command line. It gives the activation
// token; empty where that person has a login and a password already.
func (s SetUps) CreateAccount(ctx context.Context, input NewAccount, superUser, language string) (string, error) {
	input = input.Tidied()
	problems := input.Problems()
	email := tidyEmail(superUser)
	_, m := EmailKey(email)
	problems.Add("super_user", m)
	if err := problems.Err(); err != nil {
		return "", err
	}
	at := s.Clock.Now()
	account := Account{ID: NewID(), Name: input.Name, CompanyID: input.CompanyID, SignInMethod: AnyMethod, CreatedAt: at}
	creation := newMember(s.Sealer, NewUser{Email: email, Role: SuperUser, Language: language}, Actor{Account: account},
		at)
	done, err := s.Store.CreateAccount(ctx, account, creation)
	if err != nil {
		return "", err
	}
	if done.Activation == nil {
		return "", nil
	}
	return done.token, nil
}

// needsKeyFor tells whether the installation still needs the key that a box names: it seals with it, or
// something may be left that it has sealed. What another key sealed was given up.
func (row Installation) needsKeyFor(box []byte) bool {
	id, ok := sealedKeyID(box)
	if !ok {
		return false
	}
	sealing, _ := sealedKeyID(row.KeyCheck)
	return bytes.Equal(id, sealing) || slices.Contains(strings.Fields(row.OldKeys), hex.EncodeToString(id))
}
