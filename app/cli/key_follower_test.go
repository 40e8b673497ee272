package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"reglink/app/config"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// A server that was forgotten when the key was changed says so, is asked nothing and mails nothing; what is to be
// mailed, the others mail. With the key, it goes on by itself.
func TestServe_SaysThatItLacksTheNewKey(t *testing.T) {
	t.Parallel()
	postman, file := mailtest.Start(t), filepath.Join(t.TempDir(), "key")
	keep := func(key string) {
		if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep(keyOf('a'))
	e := env{
		config.DatabaseURL: dbtest.MySQL(t), config.Listen: "127.0.0.1:0", config.BaseURL: "https://portal.example",
		config.FileOf(config.SecretKey): file, config.SMTPURL: postman.URL(),
	}
	forgotten := start(t, e)
	awaitReadiness(t, forgotten, "ready\n", 10*time.Second)
	both := env{}
	for name, value := range e {
		both[name] = value
	}
	delete(both, config.FileOf(config.SecretKey))
	both[config.SecretKey], both[config.SecretKeyOld] = keyOf('b'), keyOf('a')
	reglink(t, both, "keys", "rotate", "--wait", "0s").done(t)
	awaitReadiness(t, forgotten, "not ready: this server lacks a secret key that the database names\n", 3*followEvery)

	printed := reglink(t, both, accountArgs("Acme", "1", "sue@acme.example")...).done(t).lastLine()
	alone := start(t, both)
	if got := postman.WaitForMail("sue@acme.example", "").Link("/activate/"); got != printed {
		t.Errorf("got %q in the mail, want %q", got, printed)
	}
	alone.stopped().done(t)

	keep(keyOf('b'))
	awaitReadiness(t, forgotten, "ready\n", 3*followEvery)
	reglink(t, both, accountArgs("Birch", "2", "bo@birch.example")...).done(t)
	postman.WaitForMail("bo@birch.example", "/activate/")
	forgotten.stopped().done(t)
}
