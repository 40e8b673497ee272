package app_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asvsRequirements are those of the standard that bear on this product, each chapter in a line.
func asvsRequirements() []string {
	return strings.Fields(`
		1.1.1 1.2.1 1.2.2 1.2.4 1.2.10 1.3.3 1.3.11 1.3.12
		2.1.1 2.1.3 2.2.1 2.2.2 2.2.3 2.3.1 2.3.2 2.3.3 2.3.4 2.4.1
		3.2.2 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8 3.5.1 3.5.2 3.5.3 3.5.8 3.7.2
		4.1.1 4.1.3 4.1.4 4.2.1
		6.1.1 6.1.2 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12 6.3.1 6.3.2 6.3.4 6.3.7 6.3.8
		6.4.1 6.4.2 6.4.3 6.4.6 6.5.2 6.6.2 6.6.3 6.8.1
		7.1.1 7.1.2 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5 7.5.1
		8.1.1 8.2.1 8.2.2 8.2.3 8.3.1 8.3.2 8.4.1
		11.1.1 11.1.2 11.2.2 11.2.4 11.3.1 11.3.2 11.3.3 11.3.4 11.4.1 11.4.2 11.5.1
		12.1.1 12.2.1 12.3.1 12.3.2 13.1.3 13.2.2 13.2.6 13.3.1 13.4.2 13.4.5
		14.2.1 14.2.6 14.3.1 14.3.2 14.3.3
		15.1.1 15.2.1 15.2.2 15.3.3 15.3.4 15.3.7 15.4.1 15.4.2
		16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.5.1 16.5.2 16.5.3 16.5.4`)
}

var (
	requirementRow = regexp.MustCompile(
		`(?m)^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`)
	evidence = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*|(?:app|db|docs)/[\\w./]+)`")
)

// requirementProblems says what is wrong with the table of requirements.
func requirementProblems(text string) []string {
	var problems []string
	seen := map[string]int{}
	for _, row := range requirementRow.FindAllStringSubmatch(text, -1) {
		for id := range strings.SplitSeq(row[1], ", ") {
			seen[id]++
		}
		if !slices.Contains([]string{"met", "not met", "does not apply"}, row[4]) {
			problems = append(problems, fmt.Sprintf("%s has the state %q", row[1], row[4]))
		}
		if !evidence.MatchString(row[5]) && row[4] != "not met" {
			problems = append(problems, row[1]+" has nothing that shows it")
		}
	}
	for _, id := range asvsRequirements() {
		if seen[id] != 1 {
			problems = append(problems, fmt.Sprintf("%s stands in %d rows", id, seen[id]))
		}
		delete(seen, id)
	}
	for id := range seen {
		problems = append(problems, id+" is none of the list")
	}
	return problems
}

// TestSecurityDoc_ListsEveryRequirement holds the ASVS rows of SECURITY.md to their list;
// TestSecurityDoc_NamesTestsForEveryThreat looks for the tests and files that they name.
func TestSecurityDoc_ListsEveryRequirement(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	wantNoError(t, err)
	for _, problem := range requirementProblems(string(text)) {
		t.Errorf("SECURITY.md: %s", problem)
	}
	for _, found := range regexp.MustCompile("`(docs/[\\w./]+)`").FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(found[1]))); err != nil {
			t.Errorf("SECURITY.md names a page that is none: %v", err)
		}
	}
	row := requirementRow.FindString(string(text))
	for name, bad := range map[string]string{
		"a row is gone":     strings.Replace(string(text), row+"\n", "", 1),
		"a row twice":       string(text) + row + "\n",
		"another state":     strings.Replace(string(text), row, strings.Replace(row, "| met |", "| mostly |", 1), 1),
		"nothing shows it":  strings.Replace(string(text), row, regexp.MustCompile("`[^`]*`").ReplaceAllString(row, "us"), 1),
		"a number too many": string(text) + "| 99.1.1 | 1 | x | met | `TestNames` |\n",
	} {
		if len(requirementProblems(bad)) == 0 {
			t.Errorf("%s: nobody complains", name)
		}
	}
}

// threatNumbers are the numbers of the list: T-17 to T-19 and T-37 to T-39 were never given.
func threatNumbers() []string {
	var all []string
	for _, part := range [][2]int{{1, 16}, {20, 36}, {40, 56}} {
		for n := part[0]; n <= part[1]; n++ {
			all = append(all, fmt.Sprintf("T-%02d", n))
		}
	}
	return all
}

var (
	threatRow  = regexp.MustCompile(`(?m)^\| (T-\d\d) \| .+ \|$`)
	namedTest  = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	namedFile  = regexp.MustCompile("`((?:app|db|views|assets)(?:/[\\w.]+)*)`")
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	threatTest = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)T(\d\d)`)
)

// TestSecurityDoc_NamesTestsForEveryThreat holds SECURITY.md to the tests: every threat has one row with a
// test that carries its number, every test that is named exists, and every test that carries a threat's number
// is named in its row. The files that are named exist, too.
func TestSecurityDoc_NamesTestsForEveryThreat(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, s := range sourceFiles(t, ".go") {
		if s.isTest() {
			for _, found := range testFunc.FindAllStringSubmatch(s.text, -1) {
				tests[found[1]] = true
			}
		}
	}
	for _, problem := range securityProblems(string(text), tests) {
		t.Error(problem)
	}
	for _, found := range namedFile.FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(found[1]))); err != nil {
			t.Errorf("SECURITY.md names a file that is none: %v", err)
		}
	}
}

// securityProblems says what is wrong with a table, where those tests exist.
func securityProblems(text string, tests map[string]bool) []string {
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	rows := map[string]string{}
	for _, found := range threatRow.FindAllStringSubmatch(text, -1) {
		if rows[found[1]] != "" {
			complain("SECURITY.md has two rows for %s", found[1])
		}
		rows[found[1]] = found[0]
	}
	for _, threat := range threatNumbers() {
		if columns := strings.Count(rows[threat], " | "); columns != 3 || !namedTest.MatchString(rows[threat]) {
			complain("SECURITY.md: %s needs one row: threat | what it is | mitigation | tests", threat)
		} else if !strings.Contains(rows[threat], "`TestT"+threat[2:]) {
			complain("SECURITY.md names no test for %s that carries its number", threat)
		}
		delete(rows, threat)
	}
	for threat := range rows {
		complain("SECURITY.md tells of %s, which is no threat of the list", threat)
	}
	for _, found := range namedTest.FindAllStringSubmatch(text, -1) {
		if !tests[found[1]] {
			complain("SECURITY.md names %s, which is no test", found[1])
		}
	}
	for _, test := range slices.Sorted(maps.Keys(tests)) {
		if number := threatTest.FindStringSubmatch(test); number != nil && !rowNames(text, "T-"+number[1], test) {
			complain("SECURITY.md does not name %s in the row of T-%s", test, number[1])
		}
	}
	return problems
}

func rowNames(text, threat, test string) bool {
	for _, found := range threatRow.FindAllStringSubmatch(text, -1) {
		if found[1] == threat && strings.Contains(found[0], "`"+test+"`") {
			return true
		}
	}
	return false
}

// TestSecurityDoc_FaultsAreFound: a table with any of these faults is complained about.
func TestSecurityDoc_FaultsAreFound(t *testing.T) {
	t.Parallel()
	var good strings.Builder
	tests := map[string]bool{"TestOther": true}
	for _, threat := range threatNumbers() {
		test := "TestT" + threat[2:] + "Something"
		tests[test] = true
		fmt.Fprintf(&good, "| %s | what | how (`app/x.go`) | `%s` |\n", threat, test)
	}
	if problems := securityProblems(good.String(), tests); len(problems) > 0 {
		t.Fatalf("a good table is refused: %q", problems)
	}
	for name, bad := range map[string]string{
		"a row is missing":       strings.Replace(good.String(), "| T-16 |", "| T 16 |", 1),
		"a row is there twice":   good.String() + "| T-16 | what | how | `TestT16Something` |\n",
		"no test":                strings.Replace(good.String(), "`TestT16Something`", "none", 1),
		"no test of its number":  strings.Replace(good.String(), "`TestT16Something`", "`TestOther`", 1),
		"an unknown test":        good.String() + "and `TestT16Nothing`\n",
		"a number of no threat":  good.String() + "| T-17 | what | how | `TestOther` |\n",
		"named in another's row": strings.Replace(good.String(), "`TestT16Something`", "`TestT15Something`", 1),
		"a column is missing":    strings.Replace(good.String(), "| T-16 | what ", "| T-16 ", 1),
		"only outside the table": strings.Replace(good.String(), "`TestT16Something`", "`TestOther`", 1) +
			"`TestT16Something`\n",
		"a row without its table": "",
	} {
		if problems := securityProblems(bad, tests); len(problems) == 0 {
			t.Errorf("%s: nobody complains", name)
		}
	}
}
