package views

import (
	"net/url"
	"testing"
)

// An address names what is set, in one order, and has no question mark where nothing is.
func TestPathWithQuery_LeavesOutEmptyValues(t *testing.T) {
	for want, q := range map[string]url.Values{
		"/members":                       {"role": {""}, "status": nil},
		"/members?role=standard":         {"role": {"standard"}, "status": {""}},
		"/members?q=a%26b&status=active": {"status": {"active"}, "q": {"a&b"}},
	} {
		if got := pathWithQuery("/members", q); got != want {
			t.Errorf("%v: %s, want %s", q, got, want)
		}
	}
}
