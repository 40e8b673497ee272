package ssotest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Token is the bearer token that the directory takes.
const Token = "a token of the directory"

// Directory is a SCIM 2.0 server on loopback: the part of RFC 7644 by which people are looked for. It reads
// filters by the grammar of the standard, so that an address that leaves its quotes is a filter that it
// refuses, or another question.
type Directory struct {
	URL string

	lock    sync.Mutex
	users   []user
	filters []string // that were asked, in order
}

type user struct {
	name   string
	emails []string
}

// NewDirectory starts a directory without anybody in it.
func NewDirectory(t testing.TB) *Directory {
	t.Helper()
	d := &Directory{}
	server := httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(server.Close)
	d.URL = server.URL + "/scim/v2"
	return d
}

// Add makes the directory know somebody by a name and addresses.
func (d *Directory) Add(name string, emails ...string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.users = append(d.users, user{name, emails})
}

// Asked gives the filters that were asked for so far.
func (d *Directory) Asked() []string {
	d.lock.Lock()
	defer d.lock.Unlock()
	return append([]string{}, d.filters...)
}

func (d *Directory) serve(w http.ResponseWriter, r *http.Request) {
	d.lock.Lock()
	defer d.lock.Unlock()
	query := r.URL.Query()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+Token:
		writeSCIMError(w, http.StatusUnauthorized, "")
		return
	case r.Method != http.MethodGet || r.URL.Path != "/scim/v2/Users" || query.Get("count") != "1":
		writeSCIMError(w, http.StatusNotFound, "")
		return
	}
	d.filters = append(d.filters, query.Get("filter"))
	terms, err := parseFilter(query.Get("filter"))
	if err != nil {
		writeSCIMError(w, http.StatusBadRequest, "invalidFilter")
		return
	}
	found := []any{}
	total := 0
	for _, u := range d.users {
		if !u.matches(terms) {
			continue
		}
		if total++; total == 1 {
			found = append(found, map[string]any{"id": u.name})
		}
	}
	writeSCIM(w, http.StatusOK, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": total, "startIndex": 1,
		"itemsPerPage": len(found), "Resources": found,
	})
}

func (u user) matches(terms []comparison) bool {
	for _, t := range terms {
		values := u.emails
		if t.attribute == "username" {
			values = []string{u.name}
		}
		for _, v := range values {
			if strings.EqualFold(v, t.value) {
				return true
			}
		}
	}
	return false
}

// comparison is one comparison of a filter.
type comparison struct{ attribute, value string }

// parseFilter reads comparisons for equality with "or" between them (RFC 7644, figure 1). The rest of the
// grammar is not asked for.
func parseFilter(filter string) ([]comparison, error) {
	var all []comparison
	for {
		parts := strings.SplitN(filter, " ", 3)
		if len(parts) < 3 || !strings.EqualFold(parts[1], "eq") {
			return nil, errors.New("no comparison")
		}
		attribute := strings.ToLower(parts[0])
		if attribute != "username" && attribute != "emails.value" {
			return nil, errors.New("no attribute of a person")
		}
		decoder := json.NewDecoder(strings.NewReader(parts[2]))
		var value string
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		all = append(all, comparison{attribute, value})
		rest := parts[2][decoder.InputOffset():]
		if rest == "" {
			return all, nil
		}
		after, ok := strings.CutPrefix(rest, " or ")
		if !ok {
			return nil, errors.New("something after a value")
		}
		filter = after
	}
}

func writeSCIMError(w http.ResponseWriter, status int, kind string) {
	writeSCIM(w, status, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": http.StatusText(status),
		"scimType": kind,
	})
}

func writeSCIM(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/scim+json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the one who asked may be gone
}
