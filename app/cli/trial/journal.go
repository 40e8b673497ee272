package trial

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Outcome is how an answer is understood.
type Outcome string

// The outcomes of what was asked. After Away and Silent nobody knows whether it was done.
const (
	Stored  Outcome = "stored"  // done
	Denied  Outcome = "denied"  // the link lets nobody in: not done
	Refused Outcome = "refused" // a problem with what was asked: not done
	Away    Outcome = "away"    // a page that says to try again
	Silent  Outcome = "silent"  // no answer, or half of one
	Fault   Outcome = "fault"   // a page that should never be
)

// Settled tells whether the asker knows what became of it.
func (o Outcome) Settled() bool { return o == Stored || o == Denied || o == Refused }

// Act is what was asked.
type Act string

// The acts.
const (
	Register   Act = "register"
	Look       Act = "look" // at the panel of the link
	Generate   Act = "generate"
	Regenerate Act = "regenerate"
	Disable    Act = "disable"
	ChangeMax  Act = "change max"
)

// Entry is a line of a client's log: an intent before the request leaves, and what came of it after.
type Entry struct {
	At     time.Time
	Client string
	Act    Act
	Answer bool // false: the intent
	Server string
	Try    int // of this form, from 1

	Submission string   `json:",omitempty"`
	Email      string   `json:",omitempty"`
	Topics     []string `json:",omitempty"`
	// of the link that is used or was known; in an answer to a Super User the one now current
	Token string `json:",omitempty"`

	Outcome Outcome       `json:",omitempty"`
	Status  int           `json:",omitempty"`
	Took    time.Duration `json:",omitempty"`
	Error   string        `json:",omitempty"`
}

// journal is the log of one client. It is only appended to, and a line is on the disk before the next thing happens.
type journal struct {
	file   *os.File
	client string
}

func newJournal(folder, client string) (*journal, error) {
	file, err := os.OpenFile(filepath.Join(folder, client+".journal"), os.O_CREATE|os.O_APPEND|os.O_WRONLY,
		0o600) //nolint:gosec // our own folder
	return &journal{file, client}, err
}

func (j *journal) write(e Entry) error {
	e.At, e.Client = time.Now().UTC(), j.client
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// readJournals gives the lines of all clients, each client's in order.
func readJournals(folder string) ([]Entry, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.journal"))
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, name := range files {
		entries, err := readJournal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

func readJournal(name string) ([]Entry, error) {
	file, err := os.Open(name) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	var entries []Entry
	in := bufio.NewScanner(file)
	for in.Scan() {
		var e Entry
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		entries = append(entries, e)
	}
	return entries, errors.Join(in.Err(), file.Close())
}
