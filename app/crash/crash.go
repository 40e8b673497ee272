// Package crash names the points at which a trial ends the program, each between two steps that must not be
// torn apart unnoticed. In a program that is built without the tag crashpoints they are nothing.
package crash

// Point is one of them.
type Point string

// The points, in the order in which a registration and its mails meet them, and those of an upgrade and of a
// change of the key.
const (
	AfterBegin        Point = "after begin"                // a registering transaction has begun
	AfterUserInsert   Point = "after user insert"          // and has the login
	AfterOutboxInsert Point = "after outbox insert"        // and has the notices
	BeforeCommit      Point = "before commit"              // and has everything
	AfterCommit       Point = "after commit before answer" // it is stored, and nobody was told
	AfterClaim        Point = "after claim"                // notices are leased, and no mail was begun
	BeforeData        Point = "before DATA"                // the mail server is there, and has no mail
	AfterTaken        Point = "after 250 before mark"      // the mail server has the mail, and the notice does not say so
	MidMigration      Point = "mid migration"              // a migration was done, and is not recorded
	MidRotation       Point = "mid key rotation"           // some is sealed with the new key, and some with the old one
)
