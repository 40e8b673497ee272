package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"reglink/app"
	"reglink/app/config"
	"reglink/db/dbtest"
)

// A backup brings back what was ended since. After the command that the restore names, no earlier token opens anything.
func TestT16RestoredBackupOpensNothingAfterKillAll(t *testing.T) {
	t.Parallel()
	e := on(t)
	delete(e, config.BaseURL)
	o := settledOffice(t, e)
	r := start(t, e, "serve")
	o.signsIn(r)
	o.changes(r, "generate")
	tokens := []string{o.link}
	copied := filepath.Join(t.TempDir(), "monday.db")
	reglink(t, e, "backup", copied).done(t)
	o.changes(r, "regenerate")
	tokens = append(tokens, o.link)
	if got := get(t, http.DefaultClient, r.address+"/register/"+tokens[0]); got.status != http.StatusGone {
		t.Fatalf("the replaced link is answered %d", got.status)
	}
	if got := reglink(t, e, "restore", copied, "--replace"); got.code != exitFailed || !strings.Contains(got.err, "another server serves") {
		t.Errorf("got %q, want a restore under a server refused", got.err)
	}
	r.stopped().done(t)

	said := reglink(t, e, "restore", copied, "--replace").done(t).out
	if !strings.Contains(said, "reglink links kill-all") || !strings.Contains(said, "is kept as ") {
		t.Errorf("got %q", said)
	}
	r = start(t, e, "serve") // too early: this is what the command is for
	if got := get(t, http.DefaultClient, r.address+"/register/"+tokens[0]); got.status != http.StatusOK {
		t.Errorf("the restored link is answered %d: this test proves nothing", got.status)
	}
	reglink(t, e, "links", "kill-all", "--yes").done(t)
	for i, token := range tokens {
		if got := get(t, http.DefaultClient, r.address+"/register/"+token); got.status != http.StatusGone && got.status != http.StatusNotFound {
			t.Errorf("token %d is answered %d", i, got.status)
		}
	}
	if got := get(t, o.browser, r.address+"/account"); !strings.Contains(got.body, `name="password"`) {
		t.Error("a session from before opens the account")
	}
	o.signsIn(r)
	o.changes(r, "generate")
	o.copies(r)
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	e := on(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	path := strings.TrimPrefix(e[config.DatabaseURL], "sqlite:")
	before := readFile(t, path)
	folder := t.TempDir()
	good := filepath.Join(folder, "good.db")
	reglink(t, e, "backup", good).done(t)
	put := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	whole := readFile(t, good)
	other := on(t)
	reglink(t, other, "migrate").done(t)
	reglink(t, other, accountArgs("Birch", "1", "bo@birch.example")...).done(t)
	foreign := filepath.Join(folder, "foreign.db")
	reglink(t, other, "backup", foreign).done(t)
	later := filepath.Join(folder, "later.db")
	o := opened(t, other)
	if _, err := dbtest.Raw(t, other[config.DatabaseURL]).Exec("INSERT INTO bun_migrations (name, group_id) VALUES ('9999', 1)"); err != nil {
		t.Fatal(err)
	}
	if err := o.store.Backup(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, says string }{
		"none":          {filepath.Join(folder, "none"), "no such file"},
		"no database":   {put("text", strings.Repeat("text ", 100)), "is no database"},
		"empty":         {put("empty", ""), "is no database"},
		"raw copy":      {put("raw", before), "write-ahead log"},
		"cut off":       {put("cut", whole[:len(whole)/2]), "malformed"},
		"damaged":       {put("bad", whole[:8192]+strings.Repeat("x", 4096)+whole[12288:]), "damaged"},
		"another key":   {foreign, "is the key with which this database is sealed"},
		"later version": {later, "a later version of Reglink"},
		"in use":        {good, "say --replace"},
	} {
		args := []string{"restore", c.file, "--replace"}
		if name == "in use" {
			args = args[:2]
		}
		got := reglink(t, e, args...)
		if got.code != exitFailed || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: got exit %d and %q, want %q", name, got.code, got.err, c.says)
		}
	}
	if now := readFile(t, path); now != before {
		t.Error("a restore that was refused changed the database")
	}
	if left, _ := filepath.Glob(path + ".restoring*"); len(left) != 0 {
		t.Errorf("drafts are left: %v", left)
	}
	elsewhere := on(t)
	if got := reglink(t, elsewhere, "restore", good); !strings.Contains(got.err, "secret.key is missing") {
		t.Errorf("got %q, want the key asked for", got.err)
	}
}

// P-3: a backup under load is a whole one, with everything that was acknowledged before it began.
func TestABackupUnderLoadRestoresClean(t *testing.T) {
	t.Parallel()
	e := on(t)
	folder := t.TempDir()
	reglink(t, e, "migrate").done(t)
	stop := make(chan struct{})
	var acknowledged []string
	var mu sync.Mutex
	var all sync.WaitGroup
	writer := opened(t, e)
	all.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			input := app.NewAccount{Name: fmt.Sprint("Account ", i), CompanyID: fmt.Sprint("C", i)}
			if _, err := writer.setUps(nil).CreateAccount(t.Context(), input, fmt.Sprintf("super%d@many.example", i), "en"); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			acknowledged = append(acknowledged, input.CompanyID)
			mu.Unlock()
		}
	})
	var files []string
	var known [][]string
	for i := range 5 {
		mu.Lock()
		known = append(known, append([]string(nil), acknowledged...))
		mu.Unlock()
		files = append(files, filepath.Join(folder, fmt.Sprint(i, ".db")))
		reglink(t, e, "backup", files[i]).done(t)
	}
	close(stop)
	all.Wait()
	if err := writer.store.Close(); err != nil {
		t.Error(err)
	}
	for i, file := range files {
		reglink(t, e, "restore", file, "--replace").done(t)
		o := opened(t, e)
		for _, id := range known[i] {
			if _, err := o.store.AccountByCompanyID(t.Context(), id); err != nil {
				t.Errorf("backup %d lacks %s: %v", i, id, err)
			}
		}
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	}
}
