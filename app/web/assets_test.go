package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var contentHashPattern = regexp.MustCompile(`\.[0-9a-f]{8}\.`)

func TestAssets_AreImmutableAndCompressed(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	paths := map[string]bool{}
	for _, element := range p.sue.get("/account").document().Find("script[src], link[href]").EachIter() {
		paths[element.AttrOr("src", "")+element.AttrOr("href", "")] = true
	}
	if len(paths) < 4 {
		t.Errorf("the page loads %v only", paths)
	}
	for path := range paths {
		for accepts, encoding := range map[string]string{"": "", "gzip": "gzip", "br, gzip": "br", "br;q=0": ""} {
			got := browser{p: p}.withHeader("Accept-Encoding", accepts).get(path)
			if got.status != http.StatusOK || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: status %d, Cache-Control %q", path, got.status, got.header.Get("Cache-Control"))
			}
			if got.header.Get("Content-Encoding") != encoding || got.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s for %q: encoded as %q, Vary %q", path, accepts, got.header.Get("Content-Encoding"),
					got.header.Get("Vary"))
			}
			if kind := got.header.Get("Content-Type"); strings.Contains(kind, "html") || kind == "" || len(got.cookies) != 0 {
				t.Errorf("%s: Content-Type %q, %d cookies", path, kind, len(got.cookies))
			}
		}
		stale := browser{p: p}.get(contentHashPattern.ReplaceAllString(path, ".00000000."))
		if stale.status != http.StatusNotFound || stale.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, Cache-Control %q", stale.request, stale.status, stale.header.Get("Cache-Control"))
		}
	}
}
