package app

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// HashParams are argon2id's cost: memory in KiB, passes over it, lanes.
type HashParams struct {
	Memory uint32
	Time   uint32
	Lanes  uint8
}

// OWASPMinimum is the least that the OWASP Password Storage Cheat Sheet accepts for argon2id: 19 MiB, two
// passes, one lane.
var OWASPMinimum = HashParams{Memory: 19 * 1024, Time: 2, Lanes: 1} //nolint:gochecknoglobals // no constant structs

// PasswordHasher makes and checks password hashes (argon2id in PHC string format), at most one a core at
// once: more at once are slower in all and need memory without bound (references/performance, "Limit the
// hashes running at once").
type PasswordHasher struct {
	params           HashParams
	verifyQueue      *hashQueue // of passwords that somebody proves
	newPasswordQueue *hashQueue // of passwords that somebody chooses
	decoyHash        string
	Breached         BreachedPasswords // passwords that nobody may choose; nil: no such set
}

// NewPasswordHasher makes a Hasher whose new hashes cost params; older ones are still checked.
func NewPasswordHasher(params HashParams) *PasswordHasher {
	h := &PasswordHasher{params: params}
	h.verifyQueue, h.newPasswordQueue = newHashQueues()
	h.decoyHash = h.phcString(rand.Text(), []byte(rand.Text()[:saltBytes]), params)
	return h
}

const (
	saltBytes = 16
	hashBytes = 32
)

// Hash gives the PHC string of a password that was proven. It waits for its turn; when too many wait already,
// or ctx ends, the error is Unavailable. A password that somebody chooses is HashNew's.
func (h *PasswordHasher) Hash(ctx context.Context, password string) (string, error) {
	return h.hash(ctx, h.verifyQueue, password)
}

func (h *PasswordHasher) hash(ctx context.Context, among *hashQueue, password string) (string, error) {
	release, err := among.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return h.phcString(password, salt, h.params), nil
}

// Verify tells whether the password belongs to the PHC string, and whether that string should be made anew
// because the cost has changed since. An empty string and NoPassword stand for nobody's: they cost the same
// and never match. It waits like Hash.
func (h *PasswordHasher) Verify(ctx context.Context, phc, password string) (bool, bool, error) {
	release, err := h.verifyQueue.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	nobody := phc == "" || phc == NoPassword
	if nobody {
		phc = h.decoyHash
	}
	params, salt, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare([]byte(h.phcString(password, salt, params)), []byte(phc)) == 1
	return same && !nobody, params != h.params, nil
}

// Counts gives the queues as they stand now.
func (h *PasswordHasher) Counts() HashCounts {
	return HashCounts{
		Waiting: int(h.verifyQueue.waiting.Load() + h.newPasswordQueue.waiting.Load()), Running: h.verifyQueue.running(),
		Refused: h.verifyQueue.refused.Load() + h.newPasswordQueue.refused.Load(),
	}
}

func (h *PasswordHasher) phcString(password string, salt []byte, p HashParams) string {
	b64 := base64.RawStdEncoding.EncodeToString
	key := argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Lanes, b64(salt),
		b64(key))
}

var errPHC = errors.New("stored password hash is not in argon2id PHC format")

func parsePHC(phc string) (HashParams, []byte, error) {
	var p HashParams
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Lanes); err != nil {
		return p, nil, errPHC
	}
	if p.Time == 0 || p.Lanes == 0 { // argon2 panics
		return p, nil, errPHC
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return p, nil, errPHC
	}
	return p, salt, nil
}

// hashQueue is who waits for a core to hash on, first come, first served.
type hashQueue struct {
	slots   []chan struct{} // to be taken one after the other; the last one is a core
	waiting atomic.Int64
	refused atomic.Int64
}

// maxWaiting bounds a queue: about four seconds of work on two cores at OWASP's minimum.
const maxWaiting = 256

// newHashQueues are that of passwords that somebody proves and that of passwords that somebody chooses.
// Before the cores there is one place a core for the second sort, and those who have none wait for it in
// front: so whoever signs in has at most as many of a crowd that registers before them as there are cores,
// besides the hashes that run (T-35).
func newHashQueues() (*hashQueue, *hashQueue) {
	cores := make(chan struct{}, runtime.NumCPU())
	door := make(chan struct{}, cap(cores))
	return &hashQueue{slots: []chan struct{}{cores}}, &hashQueue{slots: []chan struct{}{door, cores}}
}

// acquire waits for a core, and gives what gives it back. When too many wait already, or ctx ends, the error
// is Unavailable.
func (q *hashQueue) acquire(ctx context.Context) (func(), error) {
	if q.waiting.Add(1) > maxWaiting {
		q.waiting.Add(-1)
		return nil, q.refuse()
	}
	defer q.waiting.Add(-1)
	for i, place := range q.slots {
		if !takeSlot(ctx, place) {
			releaseSlots(q.slots[:i])
			return nil, q.refuse()
		}
	}
	return func() { releaseSlots(q.slots) }, nil
}

func (q *hashQueue) refuse() error {
	q.refused.Add(1)
	return Refuse(Unavailable, "busy")
}

// running is how many have a core now, of both queues.
func (q *hashQueue) running() int { return len(q.slots[len(q.slots)-1]) }

func takeSlot(ctx context.Context, place chan<- struct{}) bool {
	if ctx.Err() != nil { // select would choose at random
		return false
	}
	select {
	case place <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func releaseSlots(places []chan struct{}) {
	for _, place := range places {
		<-place
	}
}

// BreachedPasswords tells whether a password is in a set of leaked ones that the operators provide.
type BreachedPasswords interface {
	Contains(password string) (bool, error)
}

// HashNew is Hash for a password that somebody chooses now: one that is known to have leaked is a Problem of
// the field "password". Where the set cannot be read, nobody can tell: Unavailable. Whoever proves a password
// goes first.
func (h *PasswordHasher) HashNew(ctx context.Context, password string) (string, error) {
	m, err := h.breachProblem(password)
	if err != nil {
		return "", err
	}
	if !m.None() {
		return "", Problems{"password": m}
	}
	return h.hash(ctx, h.newPasswordQueue, password)
}

func (h *PasswordHasher) breachProblem(password string) (Message, error) {
	if h.Breached == nil || password == "" {
		return Message{}, nil
	}
	leaked, err := h.Breached.Contains(password)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %w", Refuse(Unavailable, "breached_unreadable"), err)
	}
	if leaked {
		return Say("password_breached"), nil
	}
	return Message{}, nil
}
