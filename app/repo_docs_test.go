package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// What operators read leads nowhere wrong: links between the pages, and settings that there are.
func TestOperationsDocs_NameOnlyWhatExists(t *testing.T) {
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
	named := regexp.MustCompile(
		`\b((?:SECRET|SMTP|DATABASE|BASE|TRUSTED|MAX|METRICS|LOG|BREACHED|OIDC|SCIM|STOP)_[A-Z_]+?)(?:_FILE)?\b`)
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

// durationInWords is a duration as people write it.
func durationInWords(d time.Duration) string {
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := d / unit.is; d%unit.is == 0 && (n > 1 || unit.is < 24*time.Hour) && d != 24*time.Hour && n > 0 {
			if n == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "24 hours"
}

// limitRows are docs/rules.md's rows about how often something may be done.
func limitRows() []string {
	var rows []string
	rules := []app.LimitRule{app.UnknownTokenRule()}
	for _, limit := range []app.Limit{
		app.PasswordCheckLimit, app.PasswordFormLimit, app.EmailLookupLimit, app.MailLimit, app.FieldCheckLimit,
		app.TokenLookupLimit, app.ReportLimit, app.FactorCodeLimit,
	} {
		rules = append(rules, limit.Rules()...)
	}
	for _, r := range rules {
		rows = append(rows, fmt.Sprintf("| %s | %d | %s |", r.Name, r.Max, durationInWords(r.Window)))
	}
	return append(rows, fmt.Sprintf("of those that are proven %d wait", app.MaxWaiting),
		fmt.Sprintf("| mails with a secret to an email | %d | 24 hours |", app.MaxMailsPerDay))
}

// durationRows are docs/rules.md's rows about how long something holds.
func durationRows() []string {
	var rows []string
	for what, d := range map[string]time.Duration{
		"a session without a request":                       app.SessionIdle,
		"a session in all":                                  app.SessionMax,
		"a mailed link that confirms an address":            app.ConfirmWithin,
		"a right password that waits for its second factor": app.StepWithin,
		"a mailed link that activates a login":              app.ActivateWithin,
		"a mailed link that resets a password":              app.ResetWithin,
		"a mailed link by which somebody asks to be added":  app.JoinWithin,
		"a membership that waits for a decision":            app.PendingFor,
	} {
		rows = append(rows, fmt.Sprintf("| %s | %s |", what, durationInWords(d)))
	}
	return rows
}

// lengthRows are docs/rules.md's rows about how long and how many something may be.
func lengthRows() []string {
	var rows []string
	for field, length := range map[string]string{
		"name":         fmt.Sprint(app.MaxName, " characters"),
		"email":        fmt.Sprint(app.MaxEmail, " bytes"),
		"account name": fmt.Sprint(app.MaxAccountName, " characters"),
		"password":     fmt.Sprintf("%d characters | %d at least", app.MaxPassword, app.MinPassword),
		"company ID":   fmt.Sprint(app.MaxCompanyID, " characters"),
		"order summary, serial number, auth code": fmt.Sprint(app.MaxEntitlementCode, " characters"),
		"email domains of a link":                 fmt.Sprint(app.MaxDomains, " domains"),
		"invitations in one go": fmt.Sprintf("%d addresses | %s mails an account in 24 hours, one an address in %s",
			app.MaxInvitations, "2,000", durationInWords(app.ResendInvitationAfter)),
	} {
		rows = append(rows, "| "+field+" | "+length)
	}
	for _, line := range new(app.Profile).Lines() {
		rows = append(rows, fmt.Sprintf("| %s | %d characters |", strings.ReplaceAll(line.Name, "_", " "), line.Max))
	}
	return append(rows, fmt.Sprintf("A person has %d sessions at most", app.MaxSessions))
}

// TestRulesDoc_AgreesWithTheProgram holds docs/rules.md to the program: every count, every time and every length.
func TestRulesDoc_AgreesWithTheProgram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "rules.md"))
	wantNoError(t, err)
	if app.MaxInvitationsPerDay != 2000 || app.MaxExport != 100_000 ||
		app.OWASPMinimum != (app.HashParams{Memory: 19 << 10, Time: 2, Lanes: 1}) || app.KeySize != 32 {
		t.Error("docs/rules.md writes a number out that is another now")
	}
	for _, row := range slices.Concat(limitRows(), durationRows(), lengthRows()) {
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/rules.md has not %q", row)
		}
	}
}
