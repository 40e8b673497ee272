package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What operators read leads nowhere wrong: links between the pages, and settings that there are.
func TestOperationsPagesHold(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "docs", "operations")
	pages, err := filepath.Glob(filepath.Join(folder, "*.md"))
	wantNoError(t, err)
	if len(pages) < 9 {
		t.Fatalf("only %d pages", len(pages))
	}
	settings, err := os.ReadFile(filepath.Join(root, "app", "config", "list.go"))
	wantNoError(t, err)
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	named := regexp.MustCompile(`\b((?:SECRET|SMTP|DATABASE|BASE|TRUSTED|MAX|METRICS|LOG|BREACHED|OIDC|SCIM|STOP)_[A-Z_]+?)(?:_FILE)?\b`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		wantNoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(folder, m[1])); err != nil {
				t.Errorf("%s leads to %s, which is not there", filepath.Base(page), m[1])
			}
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(settings), `"`+m[1]+`"`) {
				t.Errorf("%s names the setting %s, which is none", filepath.Base(page), m[1])
			}
		}
	}
}
