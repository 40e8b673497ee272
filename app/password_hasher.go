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

// OWASPMinimum is the least that the OWASP Password Storage Cheat Sheet accepts for argon2id: 19 MiB, two passes, one lane.
var OWASPMinimum = HashParams{Memory: 19 * 1024, Time: 2, Lanes: 1} //nolint:gochecknoglobals // Go has no constant structs

// Hasher makes and checks password hashes (argon2id in PHC string format), at most one a core at once: more at once are slower
// in all and need memory without bound (references/performance, "Limit the hashes running at once").
type Hasher struct {
	params  HashParams
	proofs  *queue // of passwords that somebody proves
	choices *queue // of passwords that somebody chooses
	decoy   string
	Leaked  Breached // passwords that nobody may choose; nil: no such set
}

// NewHasher makes a Hasher whose new hashes cost params; older ones are still checked.
func NewHasher(params HashParams) *Hasher {
	h := &Hasher{params: params}
	h.proofs, h.choices = queues()
	h.decoy = h.sum(rand.Text(), []byte(rand.Text()[:saltBytes]), params)
	return h
}

const (
	saltBytes = 16
	hashBytes = 32
)

// Hash gives the PHC string of a password that was proven. It waits for its turn; when too many wait already, or ctx ends, the error
// is Unavailable. A password that somebody chooses is HashNew's.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	return h.hash(ctx, h.proofs, password)
}

func (h *Hasher) hash(ctx context.Context, among *queue, password string) (string, error) {
	release, err := among.turn(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return h.sum(password, salt, h.params), nil
}

// Verify tells whether the password belongs to the PHC string, and whether that string should be made anew because the cost
// has changed since. An empty string and NoPassword stand for nobody's: they cost the same and never match. It waits like Hash.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (bool, bool, error) {
	release, err := h.proofs.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	nobody := phc == "" || phc == NoPassword
	if nobody {
		phc = h.decoy
	}
	params, salt, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare([]byte(h.sum(password, salt, params)), []byte(phc)) == 1
	return same && !nobody, params != h.params, nil
}

// Counts gives the queues as they stand now.
func (h *Hasher) Counts() HashCounts {
	return HashCounts{
		Waiting: int(h.proofs.waiting.Load() + h.choices.waiting.Load()), Running: h.proofs.running(),
		Refused: h.proofs.refused.Load() + h.choices.refused.Load(),
	}
}

func (h *Hasher) sum(password string, salt []byte, p HashParams) string {
	b64 := base64.RawStdEncoding.EncodeToString
	key := argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Lanes, b64(salt), b64(key))
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

// queue is who waits for a core to hash on, first come, first served.
type queue struct {
	places  []chan struct{} // to be taken one after the other; the last one is a core
	waiting atomic.Int64
	refused atomic.Int64
}

// maxWaiting bounds a queue: about four seconds of work on two cores at OWASP's minimum.
const maxWaiting = 256

// queues are that of passwords that somebody proves and that of passwords that somebody chooses. Before the cores there is one place a core
// for the second sort, and those who have none wait for it in front: so whoever signs in has at most as many of a crowd that
// registers before them as there are cores, besides the hashes that run (T-35).
func queues() (*queue, *queue) {
	cores := make(chan struct{}, runtime.NumCPU())
	door := make(chan struct{}, cap(cores))
	return &queue{places: []chan struct{}{cores}}, &queue{places: []chan struct{}{door, cores}}
}

// turn waits for a core, and gives what gives it back. When too many wait already, or ctx ends, the error is Unavailable.
func (q *queue) turn(ctx context.Context) (func(), error) {
	if q.waiting.Add(1) > maxWaiting {
		q.waiting.Add(-1)
		return nil, q.refuse()
	}
	defer q.waiting.Add(-1)
	for i, place := range q.places {
		if !take(ctx, place) {
			leave(q.places[:i])
			return nil, q.refuse()
		}
	}
	return func() { leave(q.places) }, nil
}

func (q *queue) refuse() error {
	q.refused.Add(1)
	return Refuse(Unavailable, "busy")
}

// running is how many have a core now, of both queues.
func (q *queue) running() int { return len(q.places[len(q.places)-1]) }

func take(ctx context.Context, place chan<- struct{}) bool {
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

func leave(places []chan struct{}) {
	for _, place := range places {
		<-place
	}
}

// Breached tells whether a password is in a set of leaked ones that the operators provide.
type Breached interface {
	Has(password string) (bool, error)
}

// HashNew is Hash for a password that somebody chooses now: one that is known to have leaked is a Problem of the field "password". Where
// the set cannot be read, nobody can tell: Unavailable. Whoever proves a password goes first.
func (h *Hasher) HashNew(ctx context.Context, password string) (string, error) {
	m, err := h.breach(password)
	if err != nil {
		return "", err
	}
	if m.ID != "" {
		return "", Problems{"password": m}
	}
	return h.hash(ctx, h.choices, password)
}

func (h *Hasher) breach(password string) (Message, error) {
	if h.Leaked == nil || password == "" {
		return Message{}, nil
	}
	leaked, err := h.Leaked.Has(password)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %w", Refuse(Unavailable, "breached_unreadable"), err)
	}
	if leaked {
		return Say("password_breached"), nil
	}
	return Message{}, nil
}
