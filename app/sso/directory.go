package sso

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"reglink/app"
)

// listResponseSchema is how a SCIM server names the answer to a question (RFC 7644, 3.4.2).
const listResponseSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// maxListBytes is how many bytes an answer to our question may have: we ask for the id of one person.
const maxListBytes = 64 << 10

// Directory asks a SCIM 2.0 server whether it knows an address. What is no clear answer is none.
type Directory struct {
	url    string
	token  string
	client *http.Client
}

var _ app.Directory = (*Directory)(nil)

// NewDirectory makes a directory at that address, without a trailing slash, for which the token is. It asks
// nothing yet.
func NewDirectory(address, token string) *Directory {
	return &Directory{url: address, token: token, client: newClient()}
}

// EmailHasLogin tells whether the directory knows the canonical address, as the name of a person or as an
// address of theirs. Unavailable where it does not answer clearly and in time.
func (d *Directory) EmailHasLogin(ctx context.Context, emailKey string) (bool, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	known, err := d.hasUser(ctx, userFilter(emailKey))
	if err != nil {
		return false, fmt.Errorf("%w: the SCIM directory: %.200s", app.Refuse(app.Unavailable, "directory_away"), err.Error())
	}
	return known, nil
}

func (d *Directory) hasUser(ctx context.Context, filter string) (bool, error) {
	query := url.Values{"filter": {filter}, "count": {"1"}, "attributes": {"id"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/Users?"+query.Encode(), http.NoBody)
	if err != nil {
		return false, errors.New("its address cannot be used")
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	request.Header.Set("Accept", "application/scim+json")
	response, err := d.client.Do(request)
	if err != nil {
		return false, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }() // what matters was read
	return readUserList(response)
}

// withoutURL gives a failure without the address that was asked, in which the person's stands.
func withoutURL(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// userList is what we look at of a list of people.
type userList struct {
	Schemas   []string          `json:"schemas"`
	Total     *int              `json:"totalResults"`
	Resources []json.RawMessage `json:"Resources"`
}

func readUserList(response *http.Response) (bool, error) {
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("it answers with status %d", response.StatusCode)
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || (kind != "application/scim+json" && kind != "application/json") {
		return false, errors.New("it answers with something else than SCIM")
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxListBytes+1))
	if err != nil {
		return false, err
	}
	if len(body) > maxListBytes {
		return false, errResponseTooLong
	}
	var list userList
	if err := json.Unmarshal(body, &list); err != nil || !slices.Contains(list.Schemas, listResponseSchema) ||
		list.Total == nil {
		return false, errors.New("its answer is no list of people")
	}
	if *list.Total < 0 || (*list.Total == 0 && len(list.Resources) > 0) {
		return false, errors.New("its answer contradicts itself")
	}
	return *list.Total > 0, nil
}

// userFilter asks for a person by the address, and by the way in which people write its domain where that
// differs. Both attributes are compared without regard to case (RFC 7643, 8.7.1).
func userFilter(emailKey string) string {
	spellings := []string{emailKey}
	if local, domain, ok := strings.Cut(emailKey, "@"); ok {
		if written, err := idna.ToUnicode(domain); err == nil && written != domain {
			spellings = append(spellings, local+"@"+written)
		}
	}
	var parts []string
	for _, address := range spellings {
		parts = append(parts, "userName eq "+quoteFilterValue(address), "emails.value eq "+quoteFilterValue(address))
	}
	return strings.Join(parts, " or ")
}

// quoteFilterValue gives a text as a filter has it: as JSON does (RFC 7644, 3.4.2.2), so that no quote of it
// ends the text.
func quoteFilterValue(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always has a form in JSON
	return strings.TrimSuffix(b.String(), "\n")
}
