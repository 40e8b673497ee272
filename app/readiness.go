package app

// Unready is why a server must not be asked now, in a sentence for the program that watches it. It names
// nothing of the inside.
type Unready string

// Error is the sentence.
func (u Unready) Error() string { return string(u) }

// The reasons, in the order in which they are looked for.
const (
	Stopping             Unready = "the server is stopping"
	KeyMissing           Unready = "this server lacks a secret key that the database names"
	DatabaseUnresponsive Unready = "the database does not answer in time"
	NodeNotSynced        Unready = "the node of the database's cluster is not synced"
	MigrationsMissing    Unready = "migrations of the database are missing"
	DatabaseReadOnly     Unready = "the database cannot be written"
)
