package app_test

import (
	"regexp"
	"slices"
	"testing"
)

// TestT46WaysToALogin lists everything that makes a login, where it stands. A second way is written down here or it is one too many: a
// rule that one of them keeps must not be missing in another (T-46).
func TestT46WaysToALogin(t *testing.T) {
	t.Parallel()
	ways := []string{
		"app/directory.go: AddIdentity", // reglink import identities
		"app/member.go: CreateMember",   // Members > Create New User, and reglink account add
		"app/operator.go: AddOperator",  // reglink operator add
		"app/registration.go: Register", // the form, by a link or an entitlement
		"app/setup.go: CreateAccount",   // reglink account add
		"app/setup.go: SetUp",           // the set-up page of an empty installation
		"db/importing.go: insert",       // AddIdentity
		"db/member.go: insert",          // CreateMember and CreateAccount
		"db/operator.go: insert",        // AddOperator
		"db/registration.go: insert",    // Register
		"db/installation.go: insert",    // SetUp
	}
	asked := regexp.MustCompile(`\bStore\.(Register|CreateMember|CreateAccount|SetUp|AddOperator|AddIdentity)\(`)
	stored := regexp.MustCompile(`NewInsert\(\)\.Model\(&(?:\w+\.)?(?:[Ii]dentity|person|who)\)|addAll\([^)]*&(?:\w+\.)?(?:[Ii]dentity|person)\b`)
	var found []string
	for _, s := range sources(t, ".go") {
		if s.isTest() || testSupport("/"+s.path) {
			continue
		}
		for _, call := range asked.FindAllStringSubmatch(s.text, -1) {
			found = append(found, s.path+": "+call[1])
		}
		if s.in("db") && stored.MatchString(s.text) {
			found = append(found, s.path+": insert")
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	slices.Sort(ways)
	if !slices.Equal(found, ways) {
		t.Errorf("logins are made by\n%q, want\n%q", found, ways)
	}
}
