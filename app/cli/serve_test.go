package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/config"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// running is a portal in this process.
type running struct {
	address string
	printed string // until it was ready
	stop    context.CancelFunc
	ended   <-chan result
}

// start runs a command that serves and waits until it answers.
func start(t *testing.T, e env, args ...string) running {
	t.Helper()
	return startAt(t, nil, e, args...)
}

// startAt is start by another clock.
func startAt(t *testing.T, clock app.Clock, e env, args ...string) running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	ready, ended := make(chan running, 1), make(chan result, 1)
	go func() {
		var out, errs bytes.Buffer
		p := Program{Getenv: e.get, Stdout: &out, Stderr: &errs, Clock: clock}
		p.Ready = func(address string) { ready <- running{address, out.String(), stop, ended} }
		code := p.Run(ctx, args)
		ended <- result{code, out.String(), errs.String()}
	}()
	select {
	case r := <-ready:
		return r
	case r := <-ended:
		t.Fatalf("exit %d instead of serving: %s%s", r.code, r.out, r.err)
	}
	return running{}
}

// stopped tells the portal to stop and returns how it ended.
func (r running) stopped() result {
	r.stop()
	return <-r.ended
}

// answer is a page as a test sees it.
type answer struct {
	status int
	body   string
}

func get(t *testing.T, client *http.Client, address string) answer {
	t.Helper()
	response, err := client.Get(address)
	return read(t, response, err)
}

func read(t *testing.T, response *http.Response, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(body)}
}

func TestServe_AnswersAndPrintsWhereToSetUp(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		e := env{
			config.DatabaseURL: databaseURL, config.Listen: "127.0.0.1:0",
			config.SecretKey: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		}
		r := start(t, e, "serve")
		for _, path := range []string{"/healthz", "/readyz", "/sign-in"} {
			if got := get(t, http.DefaultClient, r.address+path); got.status != http.StatusOK {
				t.Errorf("%s: got %d, want 200", path, got.status)
			}
		}
		e[config.BaseURL] = "https://portal.example"
		addsAccounts(t, e) // beside it
		got := r.stopped().done(t)
		setUp := regexp.MustCompile(`^Reglink is ready at (http://127\.0\.0\.1:\d+)\n` +
			`It uses the database \S+\n.* (http://127\.0\.0\.1:\d+)/setup/ru1_[\w-]{43}\n$`)
		if m := setUp.FindStringSubmatch(got.out); m == nil || m[1] != r.address || m[2] != r.address {
			t.Errorf("got %q, want %s and the set-up address", got.out, r.address)
		}
	})
}

func TestImport_OnMySQL(t *testing.T) {
	t.Parallel()
	e := on(t)
	e[config.DatabaseURL], e[config.SecretKey] = dbtest.MySQL(t), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	reglink(t, e, "migrate").done(t)
	importsEverything(t, e)
}

func TestServe_SetUpAddressWorksUntilAnAccountExists(t *testing.T) {
	t.Parallel()
	e := on(t)
	delete(e, config.BaseURL)
	r := start(t, e, "serve")
	_, setUp, _ := strings.Cut(strings.TrimSpace(r.printed), "Super User at ")
	if got := get(t, http.DefaultClient, setUp); got.status != http.StatusOK {
		t.Errorf("%s: got %d, want 200", setUp, got.status)
	}
	e[config.BaseURL] = "https://portal.example"
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	if got := get(t, http.DefaultClient, setUp); got.status != http.StatusGone {
		t.Errorf("got %d, want 410 once an account exists", got.status)
	}
	r.stopped().done(t)
	again := start(t, e, "serve")
	want := "Reglink is ready at " + again.address + "\nPeople reach it at https://portal.example\n" +
		"It uses the database " + e.path() + "\n"
	if got := again.stopped().done(t).out; got != want {
		t.Errorf("got %q, want %q: a portal with an account is not set up again", got, want)
	}
}

func TestServe_SendsTheMails(t *testing.T) {
	t.Parallel()
	e := created(t)
	printed := reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t).lastLine()
	postman := mailtest.Start(t)
	e[config.SMTPURL] = postman.URL()
	r := start(t, e, "serve")
	if got := postman.WaitForMail("sue@acme.example", "").Link("/activate/"); got != printed {
		t.Errorf("got %q in the mail, want %q as it was printed", got, printed)
	}
	r.stopped().done(t)
}

func TestServe_FinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	e := on(t)
	delete(e, config.BaseURL)
	r := start(t, e)
	host := strings.TrimPrefix(r.address, "http://")
	connection, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	form := url.Values{"email": {"sue@acme.example"}, "password": {"not the right one"}}.Encode()
	fmt.Fprintf(connection, "POST /sign-in HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", host, len(form))
	from := bufio.NewReader(connection)
	if line, err := from.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("got %q, %v, want the request begun", line, err)
	}
	_, _ = from.ReadString('\n') // the empty line after it
	r.stop()
	untilRefused(t, host)
	fmt.Fprint(connection, form)
	response, err := http.ReadResponse(from, nil)
	if got := read(t, response, err); got.status != http.StatusUnprocessableEntity {
		t.Errorf("got %d, want the refusal of a wrong password", got.status)
	}
	(<-r.ended).done(t)
}

// untilRefused waits until nobody listens at the address any more.
func untilRefused(t *testing.T, host string) {
	t.Helper()
	for {
		c, err := net.Dial("tcp", host)
		if err != nil {
			return
		}
		_ = c.Close()
	}
}

func TestServe_RefusesAPortThatIsInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, command := range []string{"serve", "demo"} {
		e := on(t)
		e[config.Listen] = taken.Addr().String()
		got := reglink(t, e, command)
		if got.code != exitFailed || !strings.Contains(got.err, "LISTEN cannot be used") {
			t.Errorf("%s: got exit %d and %q, want LISTEN named", command, got.code, got.err)
		}
	}
}

// untilShown asks for a page until it has the words: the demo's mails arrive while it serves already.
func untilShown(t *testing.T, browser *http.Client, address, words string) {
	t.Helper()
	var got answer
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if got = get(t, browser, address); got.status == http.StatusOK && strings.Contains(got.body, words) {
			return
		}
	}
	t.Errorf("%s: got %d without %q", address, got.status, words)
}

func TestDemo_ServesASampleAccountOfItsOwn(t *testing.T) {
	t.Parallel()
	mine := filepath.Join(t.TempDir(), "mine")
	e := env{
		config.Listen: "127.0.0.1:0", config.DatabaseURL: "sqlite:" + mine +
			"/reglink.db", config.SMTPURL: "smtp://192.0.2.1",
	}
	r := start(t, e, "demo")
	shape := regexp.MustCompile(`^Reglink demo, .*\n +Address +` + r.address +
		`\n +Sign in +(\S+)\n +Password +(\S+)\n +Mails +` +
		r.address + `/mailbox\n +Link +` + r.address + `/register/rl1_[\w-]{43}\n +Database +\S+/reglink.db\n$`)
	said := shape.FindStringSubmatch(r.printed)
	if said == nil {
		t.Fatalf("got %q, want %v", r.printed, shape)
	}
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	response, err := browser.PostForm(r.address+"/sign-in", url.Values{"email": {said[1]}, "password": {said[2]}})
	if got := read(t, response, err); got.status != http.StatusOK || response.Request.URL.Path != "/dashboard" {
		t.Errorf("signing in: got %d at %s, want the dashboard", got.status, response.Request.URL)
	}
	for path, words := range map[string][]string{
		"/members":   {"Tomasz Wiśniewski", "Nguyễn Thị", "Okonkwo-Adeyemi", "Björn Lindqvist", "Hohenberg-Sonnenschein"},
		"/dashboard": {"Acme Widgets", "Borealis Instruments"},
		"/account":   {"/register/rl1_"},
		"/mailbox":   {"priya.raghunathan@acme.example", "bjorn.lindqvist@acme.example", "fatima.alzahrani@acme.example"},
	} {
		for _, want := range words {
			untilShown(t, browser, r.address+path, want)
		}
	}
	r.stopped().done(t)
	if _, err := os.Stat(mine); err == nil {
		t.Error("the demo touched the configured database")
	}
}
