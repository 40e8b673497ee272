package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// pkg is what `go list` says about a package. Deps are those of the product; tests may need more.
type pkg struct {
	ImportPath string
	Standard   bool
	Deps       []string
}

const module = "reglink"

// dependencies says what a package of ours may depend on, however indirectly. What it imports itself is depguard's
// (.golangci.yml). A package below another has its parent's rule unless it has one.
type dependencies struct {
	others []string // paths of others; nil: any
	never  []string
}

func dependencyRules() map[string]dependencies {
	database := []string{"github.com/uptrace/bun", "github.com/go-sql-driver", "modernc.org", module + "/db"}
	server := []string{"github.com/gofiber", "github.com/valyala", module + "/app/web"}
	neither := dependencies{never: slices.Concat(database, server)}
	return map[string]dependencies{
		module:                    {},
		module + "/app":           {others: []string{"golang.org/x"}},
		module + "/app/cli":       {},
		module + "/app/config":    neither,
		module + "/app/crash":     {others: []string{}},
		module + "/app/fileowner": {others: []string{}},
		module + "/app/leaks":     {others: []string{}},
		module + "/app/mail":      neither,
		module + "/app/sso":       neither,
		module + "/app/metrics":   neither,
		module + "/app/factor":    neither,
		module + "/app/web":       {never: database},
		module + "/assets":        {others: []string{}},
		module + "/assets/build":  {}, // a program of the build
		module + "/db":            {never: append(server, "github.com/a-h/templ", module+"/views")},
		module + "/views":         neither,
	}
}

// testSupport reports whether the package exists for tests only, as db/dbtest and app/cli/trial. Such a package may
// depend on anything.
func testSupport(importPath string) bool {
	return strings.HasSuffix(importPath, "test") || importPath == module+"/app/cli/trial"
}

// breaches lists what packages depend on against the rules.
func breaches(all []pkg, rules map[string]dependencies) []string {
	standard := map[string]bool{}
	for _, p := range all {
		standard[p.ImportPath] = p.Standard
	}
	var found []string
	for _, p := range all {
		if !within(p.ImportPath, module) || testSupport(p.ImportPath) {
			continue
		}
		rule, ok := ruleOf(p.ImportPath, rules)
		if !ok {
			found = append(found, p.ImportPath+" has no rule: say in dependencyRules() what it may depend on")
		}
		for _, bad := range rule.breaches(p, standard) {
			found = append(found, p.ImportPath+" must not depend on "+bad)
		}
	}
	return found
}

func within(importPath, dir string) bool {
	return importPath == dir || strings.HasPrefix(importPath, dir+"/")
}

func ruleOf(importPath string, rules map[string]dependencies) (dependencies, bool) {
	if rule, ok := rules[importPath]; ok {
		return rule, true
	}
	if parent := path.Dir(importPath); parent != module && parent != module+"/app" && parent != "." {
		return ruleOf(parent, rules)
	}
	return dependencies{}, false
}

func (r dependencies) breaches(p pkg, standard map[string]bool) []string {
	var bad []string
	for _, d := range p.Deps {
		under := func(dir string) bool { return within(d, dir) }
		foreign := !standard[d] && !within(d, module)
		if slices.ContainsFunc(r.never, under) || (r.others != nil && foreign && !slices.ContainsFunc(r.others, under)) {
			bad = append(bad, d)
		}
	}
	return bad
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Standard,Deps", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := in.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "/node_modules/") {
			all = append(all, p)
		}
	}
}

func TestDependencies_FollowTheArrows(t *testing.T) {
	t.Parallel()
	all := list(t)
	if !slices.ContainsFunc(all, func(p pkg) bool { return p.ImportPath == module+"/app" && len(p.Deps) > 0 }) {
		t.Fatal("go list does not know package app: this test looks at nothing")
	}
	for _, breach := range breaches(all, dependencyRules()) {
		t.Error(breach)
	}
}

// Each rule can be broken.
func TestDependencies_BreachesAreFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from string
		on   string
		ok   bool
	}{
		{"reglink", "reglink/db", true},
		{"reglink/app", "errors", true},
		{"reglink/app", "golang.org/x/net/idna", true},
		{"reglink/app", "github.com/uptrace/bun", false},
		{"reglink/app/cli", "reglink/db", true},
		{"reglink/app/config", "reglink/app", true},
		{"reglink/app/config", "reglink/db", false},
		{"reglink/app/mail", "reglink/views/email", true},
		{"reglink/app/mail", "github.com/gofiber/fiber/v2", false},
		{"reglink/app/web", "github.com/gofiber/fiber/v2", true},
		{"reglink/app/web", "reglink/db", false},
		{"reglink/app/web", "github.com/uptrace/bun/dialect/mysqldialect", false},
		{"reglink/assets", "golang.org/x/net/idna", false},
		{"reglink/db", "reglink/app", true},
		{"reglink/db", "reglink/views", false},
		{"reglink/db", "reglink/app/web", false},
		{"reglink/db/migrations", "github.com/a-h/templ", false},
		{"reglink/db/dbtest", "github.com/gofiber/fiber/v2", true},
		{"reglink/views", "github.com/a-h/templ", true},
		{"reglink/views/email", "github.com/gofiber/fiber/v2", false},
		{"reglink/views", "reglink/db", false},
		{"reglink/services", "errors", false},
		{"reglink/app/users", "errors", false},
	}
	for _, test := range tests {
		all := []pkg{{ImportPath: test.from, Deps: []string{test.on}}, {ImportPath: "errors", Standard: true}}
		if got := len(breaches(all, dependencyRules())) == 0; got != test.ok {
			t.Errorf("%s on %s: got allowed %t, want %t", test.from, test.on, got, test.ok)
		}
	}
}
