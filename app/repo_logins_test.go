package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestT46_EveryWayToALoginIsListed lists everything that makes a login, where it stands. A second way is
// written down here or it is one too many: a rule that one of them keeps must not be missing in another
// (T-46).
func TestT46_EveryWayToALoginIsListed(t *testing.T) {
	t.Parallel()
	ways := []string{
		"app/import.go: AddIdentity",    // reglink import identities
		"app/member.go: CreateMember",   // Members > Create New User, and reglink account add
		"app/operator.go: AddOperator",  // reglink operator add
		"app/registration.go: Register", // the form, by a link or an entitlement
		"app/setup.go: CreateAccount",   // reglink account add
		"app/setup.go: SetUp",           // the set-up page of an empty installation
		"db/import.go: insert",          // AddIdentity
		"db/member.go: insert",          // CreateMember and CreateAccount
		"db/operator.go: insert",        // AddOperator
		"db/registration.go: insert",    // Register
		"db/setup.go: insert",           // SetUp
	}
	asked := regexp.MustCompile(`\bStore\.(Register|CreateMember|CreateAccount|SetUp|AddOperator|AddIdentity)\(`)
	var found []string
	for _, s := range sourceFiles(t, ".go") {
		if s.isTest() || testSupport("/"+s.path) {
			continue
		}
		for _, call := range asked.FindAllStringSubmatch(s.text, -1) {
			found = append(found, s.path+": "+call[1])
		}
		if s.inDir("db") && !s.inDir("db/dbtest") {
			found = append(found, loginInserts(t, s)...)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	slices.Sort(ways)
	if !slices.Equal(found, ways) {
		t.Errorf("logins are made by\n%q, want\n%q", found, ways)
	}
}

// insertedWords are the words in db for what an insert stores, and whether that is a login. A word that is
// not here fails the test, so nobody stores a login by another name.
func insertedWords() map[string]bool {
	all := map[string]bool{"person": true, "Identity": true}
	for _, other := range strings.Fields(
		`e fresh account link probe Registration row a login m words ctx tx Activities Notices Change Begun Add add
		Invitations Consent consent Confirmation c topics r step session`) {
		all[other] = false
	}
	return all
}

// loginInserts lists a file that stores logins, and fails for what it cannot tell.
func loginInserts(t *testing.T, s sourceFile) []string {
	t.Helper()
	inserts := regexp.MustCompile(`NewInsert\(\)\s*\.\s*Model\(([^()]*)\)`).FindAllStringSubmatch(s.text, -1)
	if strings.Count(s.text, "NewInsert") != len(inserts) ||
		regexp.MustCompile(`(?i)(insert|replace)\s+into\s+.?identities`).MatchString(s.text) {
		t.Errorf("%s stores something in a way of its own", s.path)
	}
	var found []string
	for _, insert := range append(inserts, insertAllArguments(s.text)...) {
		word := insert[1][strings.LastIndexAny(insert[1], "&.")+1:]
		login, known := insertedWords()[word]
		if !known {
			t.Errorf("%s stores %s: say in this test whether that is a login", s.path, insert[1])
		}
		if login {
			found = append(found, s.path+": insert")
		}
	}
	return found
}

// insertAllArguments are the values that insertAll stores as its rows.
func insertAllArguments(text string) [][]string {
	var all [][]string
	for _, call := range regexp.MustCompile(`[^c] insertAll\(([^()]*)\)`).FindAllStringSubmatch(text, -1) {
		for _, argument := range strings.Split(call[1], ",") {
			all = append(all, []string{"insertAll", strings.TrimSpace(argument)})
		}
	}
	return all
}
