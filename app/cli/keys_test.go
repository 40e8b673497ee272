package cli

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/config"
	"reglink/db/dbtest"
)

func keyOf(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), app.KeySize)))
}

// testPortal is an installation with a Super User who looks at the registration link of her account, again and again.
type testPortal struct {
	*testing.T
	e       env
	browser *http.Client
	link    string
	mu      sync.RWMutex
	servers []running
}

const suesPassword = "violet harbour 42 lanterns"

// newTestPortal has the account, the Super User's password and her link, and no server.
func newTestPortal(t *testing.T, e env) *testPortal {
	t.Helper()
	e[config.Limits] = "off" // everybody comes from one address
	reglink(t, e, "migrate").done(t)
	withBase := env{config.BaseURL: "https://portal.example"}
	for name, value := range e {
		withBase[name] = value
	}
	printed := reglink(t, withBase, accountArgs("Acme", "1", "sue@acme.example")...).done(t).lastLine()
	o := opened(t, withBase)
	form := app.Activation{
		FirstName: "Sue", LastName: "Perez", Password: suesPassword, EULA: app.EULAVersion,
		Language: "en",
	}
	confirmations := app.Confirmations{Store: o.store, Hasher: o.hasher, Sealer: o.sealer}
	if err := confirmations.Activate(t.Context(), activation.FindStringSubmatch(printed)[1], form); err != nil {
		t.Fatal(err)
	}
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	return &testPortal{T: t, e: e, browser: &http.Client{Jar: jar}}
}

// with returns the portal's environment with other settings.
func (o *testPortal) with(settings ...string) env { return o.e.with(settings...) }

func (o *testPortal) signIn(r running) {
	o.Helper()
	response, err := o.browser.PostForm(r.address+"/sign-in",
		url.Values{"email": {"sue@acme.example"}, "password": {suesPassword}})
	if got := read(o.T, response, err); got.status != http.StatusOK {
		o.Fatalf("signing in: %d", got.status)
	}
}

var linkToken = regexp.MustCompile(`rl1_[\w-]{43}`)

// changeLink has Sue generate or regenerate the link at a server.
func (o *testPortal) changeLink(r running, how string) {
	o.Helper()
	response, err := o.browser.PostForm(r.address+"/account/link/"+how, nil)
	o.link = linkToken.FindString(read(o.T, response, err).body)
	if o.link == "" {
		o.Fatalf("no link after %s", how)
	}
}

// checkLink wants a server to show the link to Sue and to open it for a new user.
func (o *testPortal) checkLink(r running) {
	o.Helper()
	if got := get(o.T, o.browser, r.address+"/account"); linkToken.FindString(got.body) != o.link {
		o.Errorf("%s shows no link to copy, status %d", r.address, got.status)
	}
	if got := get(o.T, http.DefaultClient, r.address+"/register/"+o.link); got.status != http.StatusOK {
		o.Errorf("the link is answered %d", got.status)
	}
}

// watchLink has everybody use every server that runs until the returned function is called, which returns how often
// they did.
func (o *testPortal) watchLink() func() int {
	done, ended, rounds := make(chan struct{}), make(chan struct{}), 0
	go func() {
		defer close(ended)
		for ; ; rounds++ {
			select {
			case <-done:
				return
			default:
			}
			o.mu.RLock()
			for _, r := range o.servers {
				o.checkLink(r)
			}
			o.mu.RUnlock()
		}
	}()
	return func() int {
		close(done)
		<-ended
		return rounds
	}
}

// restart replaces one server after the other, as a deployment does.
func (o *testPortal) restart(e env) {
	o.Helper()
	for i := range o.servers {
		o.mu.Lock()
		o.servers[i].stopped().done(o.T)
		o.servers[i] = start(o.T, e, "serve")
		o.mu.Unlock()
	}
}

// The documented order on two servers: both get the new key beside the old one, then the rotation, then both lose the
// old one. All the time, every link is in its place.
func TestKeysRotate_BesideTwoServers(t *testing.T) {
	t.Parallel()
	o := newTestPortal(t, env{
		config.DatabaseURL: dbtest.MySQL(t), config.Listen: "127.0.0.1:0",
		config.SecretKey: keyOf('a'),
	})
	o.servers = []running{start(t, o.e, "serve"), start(t, o.e, "serve")}
	o.signIn(o.servers[0])
	o.changeLink(o.servers[0], "generate")
	stop := o.watchLink()

	both := o.with(config.SecretKey, keyOf('b'), config.SecretKeyOld, keyOf('a'))
	o.restart(both)
	got := reglink(t, both, "keys", "rotate", "--wait", "6s").done(t)
	if !strings.Contains(got.out, " 1 links sealed again, 0 lost.") ||
		!strings.Contains(got.out, "you can remove SECRET_KEY_OLD") {
		t.Errorf("got %q", got.out)
	}
	o.mu.Lock()
	o.changeLink(o.servers[1], "regenerate") // sealed with the new key, for it has noticed
	o.mu.Unlock()
	o.restart(o.with(config.SecretKey, keyOf('b')))
	if rounds := stop(); rounds < 10 {
		t.Errorf("they looked %d times only", rounds)
	}
	if got := reglink(t, o.e, "migrate"); got.code != exitDone {
		t.Errorf("migrating needs no key: %q", got.err)
	}
	for name, e := range map[string]env{"old": o.e, "other": o.with(config.SecretKey, keyOf('c'))} {
		if got := reglink(t, e, "serve"); got.code != exitFailed ||
			!strings.Contains(got.err, "None of SECRET_KEY and SECRET_KEY_OLD") {
			t.Errorf("%s: exit %d and %q, want the key refused", name, got.code, got.err)
		}
	}
}

// The embedded database's own key is replaced while its server runs, which finds the new one by itself.
func TestKeysRotate_ReplacesTheKeyFileBesideItsServer(t *testing.T) {
	t.Parallel()
	e := on(t)
	delete(e, config.BaseURL)
	o := newTestPortal(t, e)
	o.servers = []running{start(t, e, "serve")}
	o.signIn(o.servers[0])
	o.changeLink(o.servers[0], "generate")
	folder := filepath.Dir(strings.TrimPrefix(e[config.DatabaseURL], "sqlite:"))
	first := readFile(t, filepath.Join(folder, "secret.key"))
	stop := o.watchLink()
	for range 3 {
		reglink(t, e, "keys", "rotate", "--wait", "0s").done(t)
	}
	stop()
	if now := readFile(t, filepath.Join(folder, "secret.key")); now == first {
		t.Error("the key is the same")
	}
	for _, name := range []string{"secret.key", "secret.key.old"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want mode 0600", name, info, err)
		}
	}
	if old := readFile(t, filepath.Join(folder, "secret.key.old")); strings.Count(old, "\n") != 3 ||
		!strings.HasSuffix(old, first) {
		t.Errorf("the old keys are %q, want three, the first one last", old)
	}
	o.restart(e)
	o.checkLink(o.servers[0])
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const childCommand = "REGLINK_CLI_CHILD"

// TestMain lets a test run this program in a process of its own, which it can kill.
func TestMain(m *testing.M) {
	if line := os.Getenv(childCommand); line != "" {
		os.Exit(Program{Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}.Run(context.Background(),
			strings.Fields(line)))
	}
	os.Exit(m.Run())
}

// ownProcess is a run of this program in a process of its own.
func ownProcess(e env, line string) *exec.Cmd {
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childCommand+"="+line)
	for name, value := range e {
		process.Env = append(process.Env, name+"="+value)
	}
	return process
}

func begin(t *testing.T, process *exec.Cmd) {
	t.Helper()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill() })
}

func TestKeysRotate_FinishesARotationThatWasKilled(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		e := env{config.DatabaseURL: databaseURL, config.Listen: "127.0.0.1:0"}
		server := strings.HasPrefix(databaseURL, "mysql:")
		if server {
			e[config.SecretKey] = keyOf('a')
		}
		o := newTestPortal(t, e)
		r := start(t, e, "serve")
		o.signIn(r)
		o.changeLink(r, "generate")
		importManyAccounts(t, o.with(config.BaseURL, "https://portal.example"))
		if server {
			o.e = o.with(config.SecretKey, keyOf('b'), config.SecretKeyOld, keyOf('a'))
			r.stopped().done(t)
			r = start(t, o.e, "serve")
		}
		for _, after := range []time.Duration{20, 60, 90, 120, 160, 220} {
			rotating := ownProcess(o.e, "keys rotate --wait 0s")
			begin(t, rotating)
			time.Sleep(after * time.Millisecond) // when the kill comes is up to chance: it must not matter
			_ = rotating.Process.Kill()
			_ = rotating.Wait()
			o.checkLink(r)
		}
		reglink(t, o.e, "keys", "rotate", "--wait", "0s").done(t)
		got := reglink(t, o.e, "keys", "rotate", "--wait", "0s").done(t)
		if !strings.Contains(got.out, ", 0 lost.") {
			t.Errorf("got %q, want nothing lost", got.out)
		}
		r.stopped().done(t)
		if server {
			o.e = o.with(config.SecretKey, keyOf('b'), config.SecretKeyOld, "")
		}
		o.checkLink(start(t, o.e, "serve"))
	})
}

// importManyAccounts imports accounts, each of which comes with a mailed address.
func importManyAccounts(t *testing.T, e env) {
	t.Helper()
	var file strings.Builder
	file.WriteString("name,company_id,super_user\n")
	for i := range 350 {
		fmt.Fprintf(&file, "Account %d,C%d,super%d@many.example\n", i, i, i)
	}
	path := filepath.Join(t.TempDir(), "accounts.csv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	reglink(t, e, "import", "accounts", path).done(t)
}

func TestServe_RefusesASecondServerOnOneFile(t *testing.T) {
	t.Parallel()
	e := on(t)
	e[config.TrustedProxies] = "127.0.0.1" // nothing to be warned of
	r := start(t, e, "serve")
	got := reglink(t, e, "serve")
	if got.code != exitFailed || got.out != "" || !strings.Contains(got.err, "another server serves the database") ||
		strings.Count(got.err, "\n") != 1 {
		t.Errorf("got exit %d, %q and %q, want a second server refused in one sentence", got.code, got.out, got.err)
	}
	folder := filepath.Dir(strings.TrimPrefix(e[config.DatabaseURL], "sqlite:"))
	alias := filepath.Join(t.TempDir(), "alias")
	if err := os.Symlink(folder, alias); err != nil {
		t.Fatal(err)
	}
	e[config.DatabaseURL] = "sqlite:" + filepath.Join(alias, "reglink.db")
	if got := reglink(t, e, "serve"); got.code != exitFailed {
		t.Errorf("by another name the file has a second server: %q", got.out)
	}
	for _, line := range []string{
		"migrate", "keys rotate --wait 0s", "links kill-all --yes",
		"operator add ops@portal.example", "backup " + t.TempDir() + "/copy.db",
	} {
		reglink(t, e, strings.Fields(line)...).done(t)
	}
	r.stopped().done(t)
	start(t, e, "serve").stopped().done(t)
}

// A server that is killed leaves nothing that would keep the next one out.
func TestServe_LeavesNoLockWhenKilled(t *testing.T) {
	t.Parallel()
	e := on(t)
	server := ownProcess(e, "serve")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin(t, server)
	if line, err := bufio.NewReader(out).ReadString('\n'); !strings.HasPrefix(line, "Reglink is ready") {
		t.Fatalf("got %q, %v, want a server", line, err)
	}
	if got := reglink(t, e, "serve"); !strings.Contains(got.err, "another server serves") {
		t.Errorf("got %q, want the second server refused", got.err)
	}
	_ = server.Process.Kill()
	_ = server.Wait()
	start(t, e, "serve").stopped().done(t)
}
