package app_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"reglink/app"
)

// validRegistrationForm is a form that nothing is wrong with.
func validRegistrationForm() app.RegistrationForm {
	return app.RegistrationForm{
		FirstName: "Ann", LastName: "Lee", Email: "ann.lee@example.com",
		Profile:  app.Profile{Phone: "+49 30 1234-567", JobTitle: "Engineer"},
		Password: "pluck.stove.hinge.moth", Topics: []string{"product_updates"}, EULA: app.EULAVersion,
		SubmissionID: app.NewSubmissionID(),
	}
}

// formCase changes one thing in a good form and says what is wrong then; an empty id: nothing.
type formCase struct {
	name   string
	change func(*app.RegistrationForm)
	field  string
	id     string
}

func checkForms(t *testing.T, tests []formCase) {
	t.Helper()
	for _, test := range tests {
		form := validRegistrationForm()
		test.change(&form)
		problems := form.Tidied().Problems("Acme Widgets")
		if got := problems[test.field].ID; got != test.id {
			t.Errorf("%s: got %q at %s, want %q", test.name, got, test.field, test.id)
		}
		if test.id == "" && len(problems) > 0 || test.id != "" && len(problems) != 1 {
			t.Errorf("%s: got problems %v", test.name, problems)
		}
	}
}

func TestRegistrationForm_ChecksTextFields(t *testing.T) {
	t.Parallel()
	type form = app.RegistrationForm
	checkForms(t, []formCase{
		{"good", func(*form) {}, "", ""},
		{"optional fields empty", func(f *form) { f.Phone, f.JobTitle, f.Topics = "", " ", nil }, "", ""},
		{"no first name", func(f *form) { f.FirstName = "" }, "first_name", "first_name_required"},
		{"blank first name", func(f *form) { f.FirstName = " \u00a0\u3000\t\n" }, "first_name", "first_name_required"},
		{"first name that nobody sees", func(f *form) { f.FirstName = "\u200b\u2060" }, "first_name", "first_name_required"},
		{"no last name", func(f *form) { f.LastName = "" }, "last_name", "last_name_required"},
		{"80 characters", func(f *form) { f.FirstName = strings.Repeat("é", 80) }, "", ""},
		{"80 characters decomposed", func(f *form) { f.FirstName = strings.Repeat("e\u0301", 80) }, "", ""},
		{"81 characters", func(f *form) { f.FirstName = strings.Repeat("é", 81) }, "first_name", "too_long"},
		{"10,000 characters", func(f *form) { f.LastName = strings.Repeat("a", 10_000) }, "last_name", "too_long"},
		{"NUL", func(f *form) { f.FirstName = "An\x00n" }, "first_name", "text_control"},
		{"line break", func(f *form) { f.LastName = "Lee\r\nBcc: x@example.com" }, "last_name", "text_control"},
		{"escape", func(f *form) { f.LastName = "Lee\x1b[2J" }, "last_name", "text_control"},
		{"C1 control", func(f *form) { f.LastName = "L\u0085ee" }, "last_name", "text_control"},
		{"line separator", func(f *form) { f.LastName = "L\u2028ee" }, "last_name", "text_control"},
		{"byte order mark", func(f *form) { f.LastName = "L\ufeffee" }, "last_name", "text_control"},
		{"right-to-left override", func(f *form) { f.LastName = "Lee\u202egpj" }, "last_name", "text_control"},
		{"right-to-left embedding", func(f *form) { f.LastName = "\u202bLee" }, "last_name", "text_control"},
		{"isolate", func(f *form) { f.LastName = "\u2066Lee\u2069" }, "last_name", "text_control"},
		{"not UTF-8", func(f *form) { f.FirstName = "An\xffn" }, "first_name", "text_control"},
		{"job title of 120", func(f *form) { f.JobTitle = strings.Repeat("x", 120) }, "", ""},
		{"job title of 121", func(f *form) { f.JobTitle = strings.Repeat("x", 121) }, "job_title", "too_long"},
		{"NUL in the job title", func(f *form) { f.JobTitle = "a\x00" }, "job_title", "text_control"},
		{"no email", func(f *form) { f.Email = " " }, "email", "email_required"},
		{"spaces around the email", func(f *form) { f.Email = " ann.lee@example.com\t" }, "", ""},
		{"two emails", func(f *form) { f.Email = "a@example.com,b@example.com" }, "email", "email_only_one"},
		{"email with a name", func(f *form) { f.Email = "Ann <a@example.com>" }, "email", "email_bare"},
		{"accents before the @", func(f *form) { f.Email = "zoé@example.com" }, "email", "email_local_ascii"},
		{"Kelvin sign", func(f *form) { f.Email = "\u212aim@example.com" }, "email", "email_local_ascii"},
		{"address literal", func(f *form) { f.Email = "ann@[192.0.2.1]" }, "email", "email_domain_invalid"},
		{"IDN and tag", func(f *form) { f.Email = "Ann+portal@MÜNCHEN.example" }, "", ""},
	})
}

// TestRegistrationForm_KeepsNamesAsTheyAre: people's names are as they are.
func TestRegistrationForm_KeepsNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"O'Hara", "D’Arcy", "Jean-Luc", "van der Berg", "Nguyễn", "Æthelred", "Łukasz", "İpek", "ß", "X Æ A-12", "李", "محمد",
		"שרה",
		"नमिता", "Zoë 🐎", "<b>Ann</b>", `Robert"); DROP TABLE identities;--`, "{{.Name}}", "=1+1", "می\u200cخواهم",
		"a\u200fb",
	} {
		form := validRegistrationForm()
		form.FirstName, form.LastName, form.JobTitle = name, name, name
		tidied := form.Tidied()
		if problems := tidied.Problems("Acme Widgets"); len(problems) > 0 {
			t.Errorf("name %q: got %v", name, problems)
		}
		if tidied.FirstName != name || tidied.LastName != name {
			t.Errorf("name %q: kept as %q", name, tidied.FirstName)
		}
	}
}

// TestRegistrationForm_RefusesDirectionControls: a name cannot turn the text around it; the marks that
// letters need are no controls.
func TestRegistrationForm_RefusesDirectionControls(t *testing.T) {
	t.Parallel()
	for r := rune(0x2000); r <= 0x206f; r++ {
		form := validRegistrationForm()
		form.JobTitle = "a" + string(r) + "b"
		want := ""
		if r == 0x2028 || r == 0x2029 || (0x202a <= r && r <= 0x202e) || (0x2066 <= r && r <= 0x2069) {
			want = "text_control"
		}
		if got := form.Tidied().Problems("")["job_title"].ID; got != want {
			t.Errorf("U+%04X: got %q, want %q", r, got, want)
		}
	}
}

func TestT29_RegistrationFormRefusesUnknownChoices(t *testing.T) {
	t.Parallel()
	type form = app.RegistrationForm
	checkForms(t, []formCase{
		{"phone with brackets", func(f *form) { f.Phone = "(030) 12.34/56" }, "", ""},
		{"phone with plus and brackets", func(f *form) { f.Phone = "+(49) 30 1234" }, "", ""},
		{"letters", func(f *form) { f.Phone = "call me" }, "phone", "phone_invalid"},
		{"two digits", func(f *form) { f.Phone = "12" }, "phone", "phone_invalid"},
		{"signs only", func(f *form) { f.Phone = "(--((" }, "phone", "phone_invalid"},
		{"two lines", func(f *form) { f.Phone = "0301234\n5678" }, "phone", "text_control"},
		{"phone of 40", func(f *form) { f.Phone = strings.Repeat("1", 40) }, "", ""},
		{"phone of 41", func(f *form) { f.Phone = strings.Repeat("1", 41) }, "phone", "too_long"},
		{"NUL in the phone", func(f *form) { f.Phone = "0301234\x00" }, "phone", "text_control"},
		{"no password", func(f *form) { f.Password = "" }, "password", "password_required"},
		{"short password", func(f *form) { f.Password = "k7#Vq2!Zx9&mRw" }, "password", "password_short"},
		{"long password", func(f *form) { f.Password = strings.Repeat("k7#Vq2!Zx9", 13) }, "password", "too_long"},
		{
			"password of the account's name", func(f *form) { f.Password = "AcmeWidgets2026" }, "password", "password_guessable",
		},
		{"password of the person's name", func(f *form) {
			f.FirstName, f.LastName, f.Password = "Annabelle", "Leeward", "annabelleLeeward1"
		}, "password", "password_guessable"},
		{"password of the address", func(f *form) {
			f.Email, f.Password = "bluebird@example.com", "bluebird@example"
		}, "password", "password_guessable"},
		{"spaces around the password stay", func(f *form) { f.Password = "   k7#Vq2!Zx9    " }, "", ""},
		{
			"all topics", func(f *form) { f.Topics = []string{"security_advisories", "product_updates", "case_activity"} }, "",
			"",
		},
		{"unknown topic", func(f *form) { f.Topics = []string{"product_updates", "everything"} }, "topics", "topic_unknown"},
		{"empty topic", func(f *form) { f.Topics = []string{""} }, "topics", "topic_unknown"},
		{
			"two topics in one", func(f *form) { f.Topics = []string{"product_updates case_activity"} }, "topics",
			"topic_unknown",
		},
		{"box not ticked", func(f *form) { f.EULA = "" }, "eula", "eula_required"},
		{"older agreement", func(f *form) { f.EULA = "2025-01" }, "eula", "eula_changed"},
		{"agreement with a space", func(f *form) { f.EULA = app.EULAVersion + " " }, "eula", "eula_changed"},
		{"ticked without a version", func(f *form) { f.EULA = "on" }, "eula", "eula_changed"},
		{"no submission id", func(f *form) { f.SubmissionID = "" }, "", "form_incomplete"},
		{
			"lower-case submission id", func(f *form) { f.SubmissionID = strings.ToLower(f.SubmissionID) }, "",
			"form_incomplete",
		},
		{"two submission ids", func(f *form) { f.SubmissionID += "\n" + f.SubmissionID }, "", "form_incomplete"},
		{"submission id and a line break", func(f *form) { f.SubmissionID += "\n" }, "", "form_incomplete"},
	})
}

func TestRegistrationForm_ReportsAllProblems(t *testing.T) {
	t.Parallel()
	problems := app.RegistrationForm{
		Profile: app.Profile{Phone: "x", JobTitle: "\x00"}, Topics: []string{"x"},
	}.Tidied().Problems("")
	want := append(app.RegistrationFields(), "")
	for _, field := range want {
		if problems[field].None() {
			t.Errorf("no problem at %q in %v", field, problems)
		}
	}
	if len(problems) != len(want) {
		t.Errorf("got %d problems, want %d", len(problems), len(want))
	}
}

func TestRegistrationForm_TidiesAllButThePassword(t *testing.T) {
	t.Parallel()
	form := app.RegistrationForm{
		FirstName: " Zoe\u0308 ", Email: " A\u030a@example.com ", Password: " Zoe\u0308 ", CompanyID: " acme-7 ",
		OrderSummary: " os 12-34 ", SerialNumber: "sn\u00a012", AuthCode: "ab-cd",
	}.Tidied()
	got := []string{
		form.FirstName, form.Email, form.Password, form.CompanyID, form.OrderSummary, form.SerialNumber, form.AuthCode,
	}
	want := []string{"Zo\u00eb", "A\u030a@example.com", " Zoe\u0308 ", "ACME-7", "OS1234", "SN12", "ABCD"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzRegistrationProblems: no form is too strange to be answered, and what passes can be kept by both databases.
func FuzzRegistrationProblems(f *testing.F) {
	f.Add("Ann", "Lee", "ann@example.com", "+49 30 1234", "pluck.stove.hinge.moth", "product_updates", app.EULAVersion)
	f.Add("\x00", "\u202e", "a@b,c@d", "((((", strings.Repeat("🐎", 200), "", "2025-01")
	f.Add("", " ", "\"a\"<a@b.c>", "", "aaaaaaaaaaaaaaa", "x\x00", "")
	f.Fuzz(func(t *testing.T, first, last, email, phone, password, topic, eula string) {
		form := app.RegistrationForm{
			FirstName: first, LastName: last, Email: email,
			Profile: app.Profile{Phone: phone, JobTitle: last}, Password: password,
			Topics: []string{topic}, EULA: eula, SubmissionID: app.NewSubmissionID(),
			EntitlementKind: app.EntitlementKind(topic), AuthCode: eula,
		}.Tidied()
		problems := form.Problems(first)
		if again := form.Tidied().Problems(first); len(again) != len(problems) {
			t.Errorf("tidied twice: got %v, want %v", again, problems)
		}
		if app.PasswordStrength(password, first, last, email) > 0 !=
			app.PasswordProblem(password, first, last, email).None() {
			t.Errorf("strength and problem of %q disagree", password)
		}
		for field, text := range map[string]string{
			"first_name": form.FirstName, "last_name": form.LastName,
			"phone": form.Phone,
		} {
			bad := !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\n\u202e") ||
				utf8.RuneCountInString(text) > app.MaxName
			if bad && problems[field].None() {
				t.Errorf("%s %q passes", field, text)
			}
		}
	})
}
