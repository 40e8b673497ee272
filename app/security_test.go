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

// threats are the numbers of the list: T-17 to T-19 and T-37 to T-39 were never given.
func threats() []string {
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

// TestSecurityTable holds SECURITY.md to the tests: every threat has one row with a test that carries its number, every test that is named exists, and every test that
// carries a threat's number is named in its row. The files that are named exist, too.
func TestSecurityTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, s := range sources(t, ".go") {
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
	for _, threat := range threats() {
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

// TestSecurityTableFires: a table with any of these faults is complained about.
func TestSecurityTableFires(t *testing.T) {
	t.Parallel()
	var good strings.Builder
	tests := map[string]bool{"TestOther": true}
	for _, threat := range threats() {
		test := "TestT" + threat[2:] + "Something"
		tests[test] = true
		fmt.Fprintf(&good, "| %s | what | how (`app/x.go`) | `%s` |\n", threat, test)
	}
	if problems := securityProblems(good.String(), tests); len(problems) > 0 {
		t.Fatalf("a good table is refused: %q", problems)
	}
	for name, bad := range map[string]string{
		"a row is missing":        strings.Replace(good.String(), "| T-16 |", "| T 16 |", 1),
		"a row is there twice":    good.String() + "| T-16 | what | how | `TestT16Something` |\n",
		"no test":                 strings.Replace(good.String(), "`TestT16Something`", "none", 1),
		"no test of its number":   strings.Replace(good.String(), "`TestT16Something`", "`TestOther`", 1),
		"an unknown test":         good.String() + "and `TestT16Nothing`\n",
		"a number of no threat":   good.String() + "| T-17 | what | how | `TestOther` |\n",
		"named in another's row":  strings.Replace(good.String(), "`TestT16Something`", "`TestT15Something`", 1),
		"a column is missing":     strings.Replace(good.String(), "| T-16 | what ", "| T-16 ", 1),
		"only outside the table":  strings.Replace(good.String(), "`TestT16Something`", "`TestOther`", 1) + "`TestT16Something`\n",
		"a row without its table": "",
	} {
		if problems := securityProblems(bad, tests); len(problems) == 0 {
			t.Errorf("%s: nobody complains", name)
		}
	}
}
