// Package ssotest has what tests sign in through: a conforming OpenID provider, one that forges, and a SCIM 2.0 server.
package ssotest

import (
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the portal is called at the provider, and its secret there.
const (
	ClientID     = "portal"
	ClientSecret = "a secret of the portal"
)

// Provider is an OpenID provider on loopback, made of a library that passes the OpenID Foundation's conformance tests.
type Provider struct {
	Issuer string

	t           testing.TB
	storage     *storage.Storage
	callbackURL string // where the provider goes on once somebody has signed in there
	people      people
	clients     map[string]*storage.Client
}

// SetRedirectURL changes the portal's address at the provider, before anybody signs in.
func (p *Provider) SetRedirectURL(redirect string) {
	p.clients[ClientID] = storage.WebClient(ClientID, ClientSecret, redirect)
}

// NewProvider starts a provider that knows the portal, to which it sends people back at that address.
func NewProvider(t testing.TB, redirect string) *Provider {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String()
	p := &Provider{
		Issuer: issuer, t: t, people: people{all: map[string]*storage.User{}},
		clients: map[string]*storage.Client{},
	}
	p.SetRedirectURL(redirect)
	p.storage = storage.NewStorageWithClients(&p.people, p.clients)
	config := &op.Config{CryptoKey: [32]byte{1}, CryptoKeyId: "key", CodeMethodS256: true, AuthMethodPost: true}
	provider, err := op.NewProvider(config, p.storage, op.StaticIssuer(issuer), op.WithAllowInsecure(),
		op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	p.callbackURL = issuer + "/authorize/callback?id="
	mux := http.NewServeMux()
	mux.HandleFunc("/login/username", p.login)
	mux.Handle("/", provider)
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	return p
}

// Add makes the provider know a person by that subject, which is the password too.
func (p *Provider) Add(subject, email string, verified bool) {
	p.people.Lock()
	defer p.people.Unlock()
	p.people.all[subject] = &storage.User{
		ID: subject, Username: subject, Password: subject, Email: email, EmailVerified: verified,
	}
}

const loginPage = `<!DOCTYPE html><link rel="icon" href="data:,"><title>Provider</title>
<h1>Who are you?</h1>{{range .People}}<form method="post">
<input type="hidden" name="id" value="{{$.ID}}"><button name="subject" value="{{.}}">{{.}}</button></form>{{end}}`

// login is the provider's own page: a button for each person.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		p.people.Lock()
		defer p.people.Unlock()
		data := map[string]any{"ID": r.URL.Query().Get("authRequestID"), "People": maps.Keys(p.people.all)}
		if err := template.Must(template.New("").Parse(loginPage)).Execute(w, data); err != nil {
			p.t.Error(err)
		}
		return
	}
	subject, id := r.FormValue("subject"), r.FormValue("id")
	if err := p.storage.CheckUsernamePassword(subject, subject, id); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	http.Redirect(w, r, p.callbackURL+url.QueryEscape(id), http.StatusFound)
}

// SignIn does what a person does at the provider, from the address to which the portal led them, and gives
// the one at the portal to which the provider leads back.
func (p *Provider) SignIn(address, subject string) *url.URL {
	p.t.Helper()
	asked := p.follow(http.MethodGet, address, nil)
	id := asked.Query().Get("authRequestID")
	known := p.follow(http.MethodPost, p.Issuer+"/login/username", url.Values{"id": {id}, "subject": {subject}})
	return p.follow(http.MethodGet, known.String(), nil)
}

// follow asks and gives where the answer leads.
func (p *Provider) follow(method, address string, form url.Values) *url.URL {
	p.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if form != nil {
		address += "?" + form.Encode()
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	to, err := response.Location()
	if err != nil {
		p.t.Fatal(fmt.Errorf("%s %s: status %d: %w", method, address, response.StatusCode, err))
	}
	return to
}

// people are whom the provider knows.
type people struct {
	sync.Mutex

	all map[string]*storage.User
}

// GetUserByID gives a person by the subject.
func (p *people) GetUserByID(id string) *storage.User {
	p.Lock()
	defer p.Unlock()
	return p.all[id]
}

// GetUserByUsername gives a person by the name, which is the subject.
func (p *people) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }

// ExampleClientID is asked for by the library, and used for nothing here.
func (p *people) ExampleClientID() string { return "nobody" }
