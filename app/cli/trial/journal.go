package trial

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Outcome is what an answer means.
type Outcome string

// The outcomes. After Unavailable and NoAnswer nobody knows whether the action was done.
const (
	Succeeded   Outcome = "succeeded"
	Denied      Outcome = "denied"      // the link lets nobody in: not done
	Rejected    Outcome = "rejected"    // the request was not valid: not done
	Unavailable Outcome = "unavailable" // a page that says to try again
	NoAnswer    Outcome = "no answer"   // or half of one
	Unexpected  Outcome = "unexpected"  // a page that should never be shown
)

// Conclusive reports whether the client knows what became of its request.
func (o Outcome) Conclusive() bool { return o == Succeeded || o == Denied || o == Rejected }

// Action is what a client does.
type Action string

// The actions. Those of a Super User on the link are the last part of their path.
const (
	Register      Action = "register"
	ViewLink      Action = "view link"
	Generate      Action = "generate"
	Regenerate    Action = "regenerate"
	Disable       Action = "disable"
	ChangeMaxUses Action = "change max uses"
)

// Entry is a line of a client's journal: one before a request is sent, and one when its outcome is known.
type Entry struct {
	At       time.Time
	Client   string
	Action   Action
	Answered bool // false: the request is about to be sent
	Server   string
	Attempt  int // how often this form was sent, from 1

	Submission string   `json:",omitempty"`
	Email      string   `json:",omitempty"`
	Topics     []string `json:",omitempty"`
	Token      string   `json:",omitempty"` // of the link that is used, known or, in an answer to ViewLink, shown

	Outcome Outcome       `json:",omitempty"`
	Status  int           `json:",omitempty"`
	Took    time.Duration `json:",omitempty"`
	Error   string        `json:",omitempty"`
}

// journal is the log of one client. Lines are only appended, and each is on the disk before the client goes on.
type journal struct {
	file   *os.File
	client string
}

func newJournal(folder, client string) (*journal, error) {
	name := filepath.Join(folder, client+".journal")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // our own folder
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

func (j *journal) close() error { return j.file.Close() }

// readJournals returns the lines of all clients, each client's in their order.
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
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		entries = append(entries, e)
	}
	return entries, errors.Join(lines.Err(), file.Close())
}
