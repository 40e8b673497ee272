package cli

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"reglink/app"
	"reglink/app/config"
	"reglink/db/dbtest"
)

// A backup brings back what was ended since. After the command that the restore names, no earlier token opens anything.
func TestT16_RestoredBackupOpensNothingAfterKillAll(t *testing.T) {
	t.Parallel()
	e, copied := on(t), filepath.Join(t.TempDir(), "monday.db")
	delete(e, config.BaseURL)
	restoredOpensNothing(t, e, func() { reglink(t, e, "backup", copied).done(t) }, func(r running) {
		if got := reglink(t, e, "restore", copied, "--replace"); got.code != exitFailed ||
			!strings.Contains(got.err, "another server serves") {
			t.Errorf("got %q, want a restore under a server refused", got.err)
		}
		r.stopped().done(t)
		said := reglink(t, e, "restore", copied, "--replace").done(t).out
		if !strings.Contains(said, "reglink links kill-all") || !strings.Contains(said, "is kept as ") {
			t.Errorf("got %q", said)
		}
	})
}

// On MariaDB it is a dump, made and loaded by MariaDB's own programs.
func TestT16_LoadedDumpOpensNothingAfterKillAll(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.MySQL(t)
	e := env{config.DatabaseURL: databaseURL, config.Listen: "127.0.0.1:0", config.SecretKey: keyOf('k')}
	var monday []byte
	restoredOpensNothing(t, e, func() { monday = dbtest.Dump(t, databaseURL) }, func(r running) {
		r.stopped().done(t)
		dbtest.Load(t, databaseURL, monday)
		reglink(t, e, "migrate").done(t)
	})
}

// restoredOpensNothing has Sue replace a link between a backup and its restore, which has to stop the server.
func restoredOpensNothing(t *testing.T, e env, backup func(), restore func(running)) {
	t.Helper()
	o := newTestPortal(t, e)
	r := start(t, e, "serve")
	o.signIn(r)
	o.changeLink(r, "generate")
	replaced := o.link
	backup()
	o.changeLink(r, "regenerate")
	register := func(token string) int { return get(t, http.DefaultClient, r.address+"/register/"+token).status }
	if got := register(replaced); got != http.StatusGone {
		t.Fatalf("the replaced link is answered %d", got)
	}
	restore(r)
	r = start(t, e, "serve") // too early: this is what the command is for
	if got := register(replaced); got != http.StatusOK {
		t.Errorf("the restored link is answered %d: this test proves nothing", got)
	}
	reglink(t, e, "links", "kill-all", "--yes").done(t)
	for _, token := range []string{replaced, o.link} {
		if got := register(token); got != http.StatusGone && got != http.StatusNotFound {
			t.Errorf("a link of before is answered %d", got)
		}
	}
	if got := get(t, o.browser, r.address+"/account"); !strings.Contains(got.body, `name="password"`) {
		t.Error("a session from before opens the account")
	}
	o.signIn(r)
	o.changeLink(r, "generate")
	o.checkLink(r)
}

func TestRestore_RefusesWhatIsNotABackupOfThisPortal(t *testing.T) {
	t.Parallel()
	e := created(t)
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
	foreign, later := foreignBackups(t)
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
	if got := reglink(t, on(t), "restore", good); !strings.Contains(got.err, "secret.key, is missing: put it back") {
		t.Errorf("got %q, want the key asked for", got.err)
	}
}

// foreignBackups returns the backup of another installation, and the one of a version that does not exist yet.
func foreignBackups(t *testing.T) (string, string) {
	t.Helper()
	e, folder := created(t), t.TempDir()
	reglink(t, e, accountArgs("Birch", "1", "bo@birch.example")...).done(t)
	foreign, later := filepath.Join(folder, "foreign.db"), filepath.Join(folder, "later.db")
	reglink(t, e, "backup", foreign).done(t)
	if _, err := dbtest.Raw(t, e[config.DatabaseURL]).Exec(insertUnknown); err != nil {
		t.Fatal(err)
	}
	reglink(t, e, "backup", later).done(t)
	return foreign, later
}

// P-3: a backup under load is a whole one, with everything that was acknowledged before it began.
func TestBackup_UnderLoadIsWhole(t *testing.T) {
	t.Parallel()
	e := on(t)
	folder := t.TempDir()
	reglink(t, e, "migrate").done(t)
	acknowledged, stop := createsAccounts(t, e)
	var files []string
	var known []int
	for i := range 5 {
		known = append(known, int(acknowledged.Load()))
		files = append(files, filepath.Join(folder, fmt.Sprint(i, ".db")))
		reglink(t, e, "backup", files[i]).done(t)
	}
	stop()
	if known[4] == 0 {
		t.Error("nothing was stored during the backups")
	}
	for i, file := range files {
		reglink(t, e, "restore", file, "--replace").done(t)
		o := opened(t, e)
		for id := range known[i] {
			if _, err := o.store.AccountByCompanyID(t.Context(), fmt.Sprint("C", id)); err != nil {
				t.Errorf("backup %d lacks account %d: %v", i, id, err)
			}
		}
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// createsAccounts creates accounts C0, C1 and so on until the returned function is called, and counts those that are
// stored.
func createsAccounts(t *testing.T, e env) (*atomic.Int64, func()) {
	t.Helper()
	var acknowledged atomic.Int64
	writer, done, ended := opened(t, e), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			input := app.NewAccount{Name: fmt.Sprint("Account ", i), CompanyID: fmt.Sprint("C", i)}
			if _, err := writer.rules().SetUps.CreateAccount(t.Context(), input, fmt.Sprintf("super%d@many.example", i),
				"en"); err != nil {
				t.Error(err)
				return
			}
			acknowledged.Add(1)
		}
	}()
	return &acknowledged, func() {
		close(done)
		<-ended
		if err := writer.store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// importEnd is how an import ended that a process of its own did.
type importEnd struct {
	file string
	err  error
}

func beginImport(t *testing.T, e env, file string, ended chan<- importEnd) {
	t.Helper()
	importing := ownProcess(e, "import accounts "+file)
	begin(t, importing)
	go func() { ended <- importEnd{file, importing.Wait()} }()
}

// accountsFile writes a CSV file of accounts that are nobody else's.
func accountsFile(t *testing.T, name string, rows int) string {
	t.Helper()
	var file strings.Builder
	file.WriteString("name,company_id,super_user\n")
	for n := range rows {
		fmt.Fprintf(&file, "Account %[2]d,%[1]s-%[2]d,%[1]s%[2]d@many.example\n", name, n)
	}
	path := filepath.Join(t.TempDir(), "accounts.csv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// P-4: two processes write into one file while a third one empties the log as fast as it can. Everything is there in
// the end, and whole. A row that the storm leaves no turn in time is refused; then its file is imported again, as its
// person would.
func TestImport_TwoProcessesInAStormOfCheckpoints(t *testing.T) {
	t.Parallel()
	e := on(t)
	reglink(t, e, "migrate").done(t)
	raw := dbtest.Raw(t, e[config.DatabaseURL])
	const rows, imports, most = 150, 2, 20
	ended := make(chan importEnd, imports)
	for i := range imports {
		beginImport(t, e, accountsFile(t, fmt.Sprint("p", i), rows), ended)
	}
	checkpoints, refused := 0, 0
	for left := imports; left > 0; {
		select {
		case one := <-ended:
			if one.err != nil && refused < most {
				refused++
				beginImport(t, e, one.file, ended)
				continue
			}
			left--
		default:
			if _, err := raw.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err == nil {
				checkpoints++
			}
		}
	}
	var accounts int
	var whole string
	if err := errors.Join(raw.QueryRow("SELECT COUNT(*) FROM accounts").Scan(&accounts),
		raw.QueryRow("PRAGMA integrity_check").Scan(&whole)); err != nil {
		t.Fatal(err)
	}
	if accounts != imports*rows || whole != "ok" || checkpoints < 10 {
		t.Errorf("got %d accounts, integrity %q, %d checkpoints; want %d and ok", accounts, whole, checkpoints, imports*rows)
	}
}
