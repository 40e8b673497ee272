package app_test

import (
	"strings"
	"testing"

	"reglink/app"
)

func TestT34_PasswordsHave15To128Characters(t *testing.T) {
	t.Parallel()
	varied := strings.Repeat("k7#Vq2!Zx9&mRw4", 9) // its repetition is long past the characters that are needed
	tests := []struct{ name, password, id string }{
		{"empty", "", "password_required"},
		{"14 characters", "k7#Vq2!Zx9&mRw", "password_short"},
		{"15 characters", "k7#Vq2!Zx9&mRw4", ""},
		{"15 with spaces inside and around", " k7 Vq2 Zx9 mRw ", ""},
		{"128 characters", varied[:128], ""},
		{"129 characters", varied[:129], "too_long"},
		{"10,000 characters", strings.Repeat("k7#Vq2!Zx9", 1000), "too_long"},
		{"14 emoji", "🐎🔋🧷✅🌍🎻🍞🚲📎🧊🪁🥁🛶🧲", "password_short"},
		{"15 emoji", "🐎🔋🧷✅🌍🎻🍞🚲📎🧊🪁🥁🛶🧲🎹", ""},
		{"128 letters of two bytes", strings.Repeat("äöüßéñøåæçðþ", 10) + "kürbisse", ""},
		{"Cyrillic", "правильная лошадь", ""},
		{"right to left", "סוס נכון סוללה מהדק", ""},
		{"markup", `<script>alert("k7")</script>`, ""},
		{"NUL", "k7#Vq2!Zx9&mRw4\x00", "text_control"},
		{"not UTF-8", "k7#Vq2!Zx9&mRw4\xff", "text_control"},
		{"a tab is a character", "k7#Vq2!\tx9&mRw4", ""},
	}
	for _, test := range tests {
		if got := app.PasswordProblem(test.password); got.ID != test.id {
			t.Errorf("%s: got %q, want %q", test.name, got.ID, test.id)
		}
	}
}

func TestPasswordProblem_ShortSaysHowMuchIsMissing(t *testing.T) {
	t.Parallel()
	m := app.PasswordProblem("k7#Vq2!Z")
	if m.Values["Missing"] != 7 || m.Values["Min"] != 15 {
		t.Errorf("got %v, want 7 missing of 15", m.Values)
	}
}

func TestPasswordProblem_RefusesGuessablePasswords(t *testing.T) {
	t.Parallel()
	own := []string{"Susanna", "Perez-Quintanilla", "susanna.perez@acme-widgets.example", "Acme Widgets International"}
	for _, password := range []string{
		"aaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "               ", "111222333444555", "123456789012345",
		"1234567890123456789012345", "098765432109876", "abcdefghijklmno", "zyxwvutsrqponml", "000000000000001",
		"passwordpassword", "PasswordPassword1", "password12345678", "Passwort12345678", "reglinkreglink12",
		"qwertyuiopasdfg", "QwertyUiopAsdfGhjkl", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfgh", "azertyuiopqsdfgh",
		"poiuytrewqlkjhg", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y7u8i", "q1w2e3r4t5y6u7i8", "qwerty1234567890", "asdfghjkl;'zxcvb",
		"sunshinesunshine", "SunshineSunshine", "iloveyouiloveyou", "abcabcabcabcabc", "k7#Vq2!k7#Vq2!k7#Vq2!",
		"susannaperezacme", "Susanna.Quintanilla1", "acmewidgetsacme1", "ACME-WIDGETS-123", "internationalperez",
	} {
		if got := app.PasswordProblem(password, own...); got.ID != "password_guessable" {
			t.Errorf("%q: got %q, want password_guessable", password, got.ID)
		}
		if got := app.PasswordStrength(password, own...); got != 0 {
			t.Errorf("strength of %q: got %d, want 0", password, got)
		}
	}
}

// TestPasswordProblem_AcceptsPassphrases: the rule must not stand in the way of the best passwords that
// people can remember.
func TestPasswordProblem_AcceptsPassphrases(t *testing.T) {
	t.Parallel()
	own := []string{"Anna", "Stone", "anna.stone@horse.example", "Battery Works"}
	phrases := []string{
		"correct horse battery staple", "cub fed nut hop", "acid barn crow dusk", "abide acorn aloft amend",
		"blunt cedar dwell epoch",
		"fable gecko haste ivory", "jelly knoll lemon mango", "nacho olive pecan quilt", "rider salsa tulip uncle",
		"vault wafer xerox yacht",
		"zesty apron bison cable", "dairy eagle flint grape", "hazel inbox joker kayak", "latch mocha ninja ocean",
		"panda query radar scuba",
		"tiger urban vegan wagon", "yodel zebra album brick", "cabin denim elbow fudge", "giant hobby igloo jumbo",
		"kiosk lilac mural nylon",
		"opera pixel quota robin", "sushi tempo unity viola", "waltz yeast zonal amber", "bagel cargo donor ember",
		"flask glove hatch iris",
		"joint karma lunar metal", "north orbit piano queen", "rural sigma torch usher", "venom wheat youth zilch",
		"angle beach chess dance",
		"early field ghost honey", "index jewel knife label", "march night onion paper", "quiet river sugar table",
		"under voice water young",
		"error power desert property", "was were there tree", "dog-run-sky-ink9", "pluck.stove.hinge.moth",
		"slept_green_torn_wing",
		"SlamDoorKiteMoss", "rope-tilt-fawn-gust", "no.more.grey.cats", "why not eat pears", "keen oboe lost fern",
		"bird mind salt huge",
		"two old men fish", "drop nine pale figs", "Der Mond ist gelb", "les chats dorment", "elk swim far north",
	}
	if len(phrases) < 50 {
		t.Fatalf("got %d phrases, want 50", len(phrases))
	}
	for _, phrase := range phrases {
		if got := app.PasswordProblem(phrase, own...); !got.None() {
			t.Errorf("%q: got %q, want no problem", phrase, got.ID)
		}
		if got := app.PasswordStrength(phrase, own...); got < 1 {
			t.Errorf("strength of %q: got %d, want at least 1", phrase, got)
		}
	}
}

func TestStrength_GrowsWithUnpredictability(t *testing.T) {
	t.Parallel()
	tests := []struct {
		password string
		want     int
	}{
		{"", 0},
		{"k7#Vq2!Z", 0},
		{"cub fed nut hop", 1},
		{"k 7 # v q 2 ! z", 1}, // spaces carry no surprise
		{"k7#Vq2!Zx9&mRw4", 2},
		{"pluck.stove.hinge.moth", 3},
		{"correct horse battery staple", 3},
		{"k7#Vq2!Zx9&mRw4-pluck.stove.hinge", 4},
		{"correct horse battery staple under a lilac piano", 4},
	}
	for _, test := range tests {
		if got := app.PasswordStrength(test.password); got != test.want {
			t.Errorf("strength of %q: got %d, want %d", test.password, got, test.want)
		}
	}
	apart := "k7#vq2!zx9&mrw4%tb8?hd6+" // no character near the one before it, no piece twice, none on a walk
	for free, want := range map[int]int{6: 0, 7: 1, 11: 1, 12: 2, 16: 2, 17: 3, 23: 3, 24: 4} {
		password := apart[:free] + strings.Repeat(apart[free-1:free], 15)
		if got := app.PasswordStrength(password); got != want {
			t.Errorf("strength of %q: got %d, want %d", password, got, want)
		}
	}
	if strange, own := app.PasswordStrength("wizard-elephants"), app.PasswordStrength("wizard-elephants",
		"Wizard"); own >= strange {
		t.Errorf("with the person's own word: got %d, want less than %d", own, strange)
	}
}
