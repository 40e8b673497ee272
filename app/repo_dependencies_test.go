package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// minVersion is the first release of a module without a known fault that would hurt us.
type minVersion struct{ module, version, why string }

func minVersions() []minVersion {
	return []minVersion{
		{
			"github.com/gofiber/fiber/v2", "v2.52.15",
			"CVE-2026-25882 and those before it: panics, session ids taken from clients, cross-site tokens",
		},
		{"modernc.org/sqlite", "v1.46.2", "SQLite before 3.51.3 can lose committed transactions when a WAL is reset"},
		{"github.com/wneessen/go-mail", "v0.7.1", "CVE-2025-59937: an address could bring a second recipient"},
		{"go", "1.26", "CVE-2025-47907 and CVE-2025-61725: rows mixed up by cancelled queries, addresses parsed too far"},
	}
}

// versionProblems lists the floors that a go.mod is below, or does not know, and what it takes from elsewhere
// than it says.
func versionProblems(goMod string) []string {
	var found []string
	for _, f := range minVersions() {
		has := regexp.MustCompile(`(?m)^\s*(?:require )?` + regexp.QuoteMeta(f.module) +
			` (v?[0-9][\w.+-]*)`).FindStringSubmatch(goMod)
		if has == nil || slices.Compare(parseVersion(has[1]), parseVersion(f.version)) < 0 {
			found = append(found, fmt.Sprintf("%s must be %s or later: %s", f.module, f.version, f.why))
		}
	}
	if regexp.MustCompile(`(?m)^\s*replace\b|=>`).MatchString(goMod) {
		found = append(found, "go.mod replaces a module, so that its hash says nothing")
	}
	return found
}

func parseVersion(s string) []int {
	var all []int
	for part := range strings.SplitSeq(strings.TrimPrefix(s, "v"), ".") {
		n, _ := strconv.Atoi(part)
		all = append(all, n)
	}
	return all
}

// TestT56_NoModuleHasAKnownFault holds what is known today without a network; task supply asks the database
// of vulnerabilities where it can be reached (T-56).
func TestT56_NoModuleHasAKnownFault(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	wantNoError(t, err)
	for _, fault := range versionProblems(string(text)) {
		t.Error(fault)
	}
	for name, older := range map[string]string{
		"an old Fiber":    regexp.MustCompile(`(fiber/v2 v2\.52)\.\d+`).ReplaceAllString(string(text), "$1.4"),
		"an old SQLite":   regexp.MustCompile(`(modernc.org/sqlite) v\S+`).ReplaceAllString(string(text), "$1 v1.45.0"),
		"no mail at all":  strings.ReplaceAll(string(text), "go-mail", "go-post"),
		"an old Go":       regexp.MustCompile(`(?m)^go .*`).ReplaceAllString(string(text), "go 1.25.9"),
		"another's Fiber": string(text) + "\nreplace github.com/gofiber/fiber/v2 => ../fiber\n",
	} {
		if len(versionProblems(older)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}

// htmxSum is the SHA-256 of dist/htmx.min.js of the release that package.json names.
const htmxSum = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"

// TestT56_ScriptsAreAsReleased: the one script of others that pages run is byte for byte that of its release,
// and every package that the assets are built from has one version and a hash, but for the compiler's
// editions for systems other than CI's (T-56).
func TestT56_ScriptsAreAsReleased(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(filepath.Join(root, "assets", "dist", "htmx.min.js"))
	wantNoError(t, err)
	sum := sha256.Sum256(script)
	if got := hex.EncodeToString(sum[:]); got != htmxSum {
		t.Errorf("htmx is not the release that was looked at: its SHA-256 is %s", got)
	}
	var wanted struct {
		DevDependencies, Dependencies map[string]string
	}
	var locked struct {
		Packages map[string]struct {
			Version, Integrity string
			Optional           bool
		}
	}
	for name, into := range map[string]any{"package.json": &wanted, "package-lock.json": &locked} {
		text, err := os.ReadFile(filepath.Join(root, "assets", name))
		wantNoError(t, err)
		wantNoError(t, json.Unmarshal(text, into))
	}
	if len(wanted.Dependencies) != 0 || wanted.DevDependencies["htmx.org"] != "4.0.1" {
		t.Errorf("package.json has %v and htmx %q", wanted.Dependencies, wanted.DevDependencies["htmx.org"])
	}
	for name, version := range wanted.DevDependencies {
		if strings.Trim(version, "0123456789.") != "" || locked.Packages["node_modules/"+name].Version != version {
			t.Errorf("%s may be %q, and is locked at %q", name, version, locked.Packages["node_modules/"+name].Version)
		}
	}
	for name, p := range locked.Packages {
		// optional: the same compiler for other systems
		if name != "" && !p.Optional && !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s has no hash", name)
		}
	}
	if len(locked.Packages) < len(wanted.DevDependencies) {
		t.Errorf("only %d packages are locked", len(locked.Packages))
	}
}
