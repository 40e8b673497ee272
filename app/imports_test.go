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

// pkg is what `go list` tells of a package. Imports and Deps are those of the product; tests may import more.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

const module = "reglink"

// arrow says which packages a package of ours may lead to. A package below another has its parent's arrow unless it has one.
type arrow struct {
	ours   []string // packages of ours that it imports; "…" at the end: and those below
	others []string // paths of others that it may depend on, however indirectly; nil: any
	never  []string // paths that it may not depend on, however indirectly
}

func arrows() map[string]arrow {
	database := []string{"github.com/uptrace/bun", "github.com/go-sql-driver", "modernc.org", module + "/db"}
	server := []string{"github.com/gofiber", "github.com/valyala", module + "/app/web"}
	return map[string]arrow{
		module:                   {ours: []string{"…"}},
		module + "/app":          {others: []string{"golang.org/x"}},
		module + "/app/cli":      {ours: []string{"…"}},
		module + "/app/config":   {ours: []string{"app"}, never: slices.Concat(database, server)},
		module + "/app/crash":    {ours: []string{}, others: []string{}},
		module + "/app/leaks":    {others: []string{}},
		module + "/app/mail":     {ours: []string{"app", "app/crash", "views/email", "views/messages"}, never: slices.Concat(database, server)},
		module + "/app/sso":      {ours: []string{"app"}, never: slices.Concat(database, server)}, // asks other servers, and keeps nothing
		module + "/app/metrics":  {ours: []string{"app"}, never: slices.Concat(database, server)}, // the pool's numbers are the standard library's
		module + "/app/factor":   {ours: []string{"app"}, never: slices.Concat(database, server)}, // TOTP and WebAuthn, behind interfaces of app
		module + "/app/web":      {ours: []string{"app", "assets", "views…"}, never: database},
		module + "/assets":       {others: []string{}},
		module + "/assets/build": {}, // a program of the build
		module + "/db":           {ours: []string{"app", "app/crash", "db…"}, never: append(server, "github.com/a-h/templ", module+"/views")},
		module + "/views":        {ours: []string{"app", "assets", "views…"}, never: slices.Concat(database, server)},
	}
}

// testSupport tells whether the package exists for tests only, as db/dbtest and app/cli/trial: it may import anything, and only tests
// import it.
func testSupport(importPath string) bool {
	return strings.HasSuffix(importPath, "test") || importPath == module+"/app/cli/trial"
}

// crossings lists where packages break the arrows.
func crossings(all []pkg, rules map[string]arrow) []string {
	standard := map[string]bool{}
	for _, p := range all {
		standard[p.ImportPath] = p.Standard
	}
	var found []string
	for _, p := range all {
		if !ours(p.ImportPath) || testSupport(p.ImportPath) {
			continue
		}
		rule, ok := arrowOf(p.ImportPath, rules)
		if !ok {
			found = append(found, p.ImportPath+" has no arrow: say in arrows() what it may import")
		}
		for _, bad := range rule.breaches(p, standard) {
			found = append(found, p.ImportPath+" may not lead to "+bad)
		}
	}
	return found
}

func ours(importPath string) bool { return within(importPath, module) }

func within(importPath, dir string) bool {
	return importPath == dir || strings.HasPrefix(importPath, dir+"/")
}

func arrowOf(importPath string, rules map[string]arrow) (arrow, bool) {
	if rule, ok := rules[importPath]; ok {
		return rule, true
	}
	if parent := path.Dir(importPath); parent != module && parent != module+"/app" && parent != "." {
		return arrowOf(parent, rules)
	}
	return arrow{}, false
}

func (a arrow) breaches(p pkg, standard map[string]bool) []string {
	var bad []string
	for _, i := range p.Imports {
		if ours(i) && (testSupport(i) || !slices.ContainsFunc(a.ours, func(o string) bool { return covers(o, i) })) {
			bad = append(bad, i)
		}
	}
	for _, d := range p.Deps {
		under := func(dir string) bool { return within(d, dir) }
		foreign := !standard[d] && !ours(d)
		if slices.ContainsFunc(a.never, under) || (a.others != nil && foreign && !slices.ContainsFunc(a.others, under)) {
			bad = append(bad, d)
		}
	}
	return bad
}

// covers tells whether an entry of arrow.ours allows the import.
func covers(entry, importPath string) bool {
	if dir, below := strings.CutSuffix(entry, "…"); below {
		return within(importPath, path.Join(module, dir))
	}
	return importPath == path.Join(module, entry)
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
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

func TestImports(t *testing.T) {
	t.Parallel()
	all := list(t)
	if !slices.ContainsFunc(all, func(p pkg) bool { return p.ImportPath == module+"/app" && len(p.Deps) > 0 }) {
		t.Fatal("go list does not know package app: this test looks at nothing")
	}
	for _, crossing := range crossings(all, arrows()) {
		t.Error(crossing)
	}
}

// TestImportsFires proves that each arrow can be broken.
func TestImportsFires(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from string
		to   string
		ok   bool
	}{
		{"reglink", "reglink/db", true},
		{"reglink/app", "errors", true},
		{"reglink/app", "golang.org/x/net/idna", true},
		{"reglink/app", "github.com/uptrace/bun", false},
		{"reglink/app", "reglink/assets", false},
		{"reglink/app/cli", "reglink/db", true},
		{"reglink/app/config", "reglink/app", true},
		{"reglink/app/config", "reglink/db", false},
		{"reglink/app/mail", "reglink/views/email", true},
		{"reglink/app/mail", "reglink/views", false},
		{"reglink/app/web", "github.com/gofiber/fiber/v2", true},
		{"reglink/app/web", "reglink/views/messages", true},
		{"reglink/app/web", "reglink/db", false},
		{"reglink/app/web", "reglink/app/mail", false},
		{"reglink/app/web", "github.com/uptrace/bun/dialect/mysqldialect", false},
		{"reglink/app/web", "reglink/db/dbtest", false},
		{"reglink/assets", "golang.org/x/net/idna", false},
		{"reglink/db", "reglink/app", true},
		{"reglink/db", "reglink/views", false},
		{"reglink/db", "reglink/app/web", false},
		{"reglink/db/migrations", "github.com/a-h/templ", false},
		{"reglink/db/dbtest", "github.com/gofiber/fiber/v2", true},
		{"reglink/views", "github.com/a-h/templ", true},
		{"reglink/views/email", "reglink/views/messages", true},
		{"reglink/views/email", "github.com/gofiber/fiber/v2", false},
		{"reglink/views", "reglink/db", false},
		{"reglink/services", "errors", false},
		{"reglink/app/users", "errors", false},
	}
	for _, test := range tests {
		all := []pkg{
			{ImportPath: test.from, Imports: []string{test.to}, Deps: []string{test.to}},
			{ImportPath: "errors", Standard: true},
		}
		if got := len(crossings(all, arrows())) == 0; got != test.ok {
			t.Errorf("%s → %s: got allowed %t, want %t", test.from, test.to, got, test.ok)
		}
	}
}
