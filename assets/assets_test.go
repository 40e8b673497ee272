package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func testFolder(style string) fstest.MapFS {
	return fstest.MapFS{
		"app.css":    {Data: []byte(style)},
		"app.css.gz": {Data: []byte("gzipped")},
		"app.css.br": {Data: []byte("brotlied")},
		"plain.js":   {Data: []byte("let a")},
	}
}

func newSet(t *testing.T, style string) *Set {
	t.Helper()
	set, err := New(testFolder(style))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestURL_NamesTheContent(t *testing.T) {
	one, same, other := newSet(t, "a{}"), newSet(t, "a{}"), newSet(t, "b{}")
	if got := one.URL("app.css"); !regexp.MustCompile(`^/assets/app\.[0-9a-f]{8}\.css$`).MatchString(got) {
		t.Errorf("URL = %q", got)
	}
	if one.URL("app.css") != same.URL("app.css") {
		t.Error("the same content has two URLs")
	}
	if one.URL("app.css") == other.URL("app.css") {
		t.Error("different content has one URL")
	}
	if got := one.URL("missing.css"); got != "/assets/missing.css" {
		t.Errorf("URL of an unknown name = %q", got)
	}
}

func TestOpen_RefusesWhatIsNotThere(t *testing.T) {
	set, older := newSet(t, "a{}"), newSet(t, "b{}")
	for _, name := range []string{
		"", "app.css", "app.css.gz", "app.00000000.css", "../assets.go", "dist", strings.TrimPrefix(older.URL("app.css"),
			Prefix),
	} {
		if _, ok := set.Open(name, "br"); ok {
			t.Errorf("Open(%q) found something", name)
		}
	}
	if _, ok := new(Set).Open("app.css", ""); ok {
		t.Error("the zero Set holds something")
	}
}

func TestOpen_NegotiatesTheEncoding(t *testing.T) {
	set := newSet(t, "a{}")
	tests := []struct{ file, accept, want string }{
		{"app.css", "", ""},
		{"app.css", "gzip", "gzip"},
		{"app.css", "br", "br"},
		{"app.css", "gzip, deflate, br, zstd", "br"},
		{"app.css", "GZIP", "gzip"},
		{"app.css", "br;q=0, gzip", "gzip"},
		{"app.css", "br;q=0,gzip;q=0.000", ""},
		{"app.css", "br; q=0.2, gzip; q=0.8", "gzip"},
		{"app.css", "br;q=0.5,gzip;q=0.5", "br"},
		{"app.css", "*", "br"},
		{"app.css", "*;q=0", ""},
		{"app.css", "*;q=0, gzip", "gzip"},
		{"app.css", "br;q=0, *", "gzip"},
		{"app.css", "identity;q=1, br;q=0.5", ""},
		{"app.css", "identity, br", "br"},
		{"app.css", "identity;q=0", ""},
		{"app.css", "br;q=2, gzip;q=no", ""},
		{"app.css", "br;q=NaN", ""},
		{"app.css", "deflate", ""},
		{"app.css", ",;,", ""},
		{"plain.js", "br, gzip", ""},
	}
	for _, test := range tests {
		t.Run(test.file+" "+test.accept, func(t *testing.T) {
			file, ok := set.Open(strings.TrimPrefix(set.URL(test.file), Prefix), test.accept)
			if !ok {
				t.Fatal("not found")
			}
			want := map[string]string{"": "a{}", "gzip": "gzipped", "br": "brotlied"}[test.want]
			if test.file == "plain.js" {
				want = "let a"
			}
			if file.Encoding != test.want || string(file.Body) != want {
				t.Errorf("got %q as %q, want %q as %q", file.Body, file.Encoding, want, test.want)
			}
			if file.CacheControl != cacheForever {
				t.Errorf("Cache-Control = %q", file.CacheControl)
			}
		})
	}
}

func TestContentType_FollowsTheExtension(t *testing.T) {
	for name, want := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"favicon.svg": "image/svg+xml", "unknown.bin": "application/octet-stream",
	} {
		if got := contentType(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestEmbedded_ServesWhatPagesLoad(t *testing.T) {
	set := Embedded()
	for _, name := range []string{"app.css", "app.js", "htmx.min.js", "favicon.svg"} {
		hashed := strings.TrimPrefix(set.URL(name), Prefix)
		plain, ok := set.Open(hashed, "")
		if !ok || len(plain.Body) == 0 {
			t.Errorf("%s is not there", name)
			continue
		}
		small, _ := set.Open(hashed, "br")
		if small.Encoding != "br" || len(small.Body) >= len(plain.Body) {
			t.Errorf("%s: br is %q with %d of %d bytes", name, small.Encoding, len(small.Body), len(plain.Body))
		}
		zipped, _ := set.Open(hashed, "gzip")
		if back := gunzip(t, zipped.Body); !bytes.Equal(back, plain.Body) {
			t.Errorf("%s.gz is another version: run task css", name)
		}
	}
	if set != Embedded() {
		t.Error("Embedded was read twice")
	}
}

func gunzip(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// What dist copies must be what stands beside it: a change to app.js without task css would not reach anybody.
func TestDist_IsBuiltFromTheSources(t *testing.T) {
	for _, name := range []string{"app.js", "favicon.svg"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		built, err := os.ReadFile(filepath.Join("dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(source, built) {
			t.Errorf("dist/%s is stale: run task css", name)
		}
	}
}

func TestDev_ServesTheDiskAsItIs(t *testing.T) {
	dir := t.TempDir()
	set := Dev(dir)
	for _, want := range []string{"a{}", "b{}"} {
		if err := os.WriteFile(filepath.Join(dir, "app.css"), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"app.css", "app.0a1b2c3d.css"} {
			file, ok := set.Open(name, "br")
			if !ok || string(file.Body) != want || file.Encoding != "" || file.CacheControl != cacheNever {
				t.Errorf("Open(%q) = %q %q %q %v, want %q as it is, never cached", name, file.Body, file.Encoding,
					file.CacheControl, ok, want)
			}
		}
	}
	if _, ok := set.Open("../secret", ""); ok {
		t.Error("Dev left its folder")
	}
	if got := set.URL("app.css"); got != "/assets/app.css" {
		t.Errorf("URL = %q", got)
	}
}
