// Package assets holds what pages load besides HTML: the style sheet, htmx, the portal's own script and the
// icon. They are built by task css into dist, embedded in the binary, and served under names that contain a
// hash of their content, so that a browser may keep each for ever and still sees every change at once.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
)

// Prefix is where the portal serves assets; every URL begins with it.
const Prefix = "/assets/"

const (
	cacheForever = "public, max-age=31536000, immutable" // a year, the longest that RFC 9111 caches are asked to keep
	cacheNever   = "no-store"
)

//go:embed dist
var dist embed.FS

// A Set is a folder of assets, read once and immutable from then on, so it is safe for concurrent use. The
// zero value is an empty set; New, Embedded and Dev make the others.
type Set struct {
	hashed map[string]string // the name in the folder → the name in the URL
	files  map[string]asset  // by the name in the URL
	disk   fs.FS             // Dev only: read at each request instead
}

// An asset is one file with its precompressed siblings, by encoding; "" is the file itself.
type asset struct {
	name   string
	bodies map[string][]byte
}

// A File is one answer: what to send for a name, as it is and with these headers. Body belongs to the set:
// never write to it.
type File struct {
	Body         []byte
	ContentType  string // with a charset, where it is text
	Encoding     string // Content-Encoding: "gzip", "br", or "" for none
	CacheControl string // immutable for a year, or no-store from Dev
}

// New reads every file at the top of fsys, and takes name.gz and name.br as the same file compressed. It
// fails only when fsys cannot be read.
func New(fsys fs.FS) (*Set, error) {
	set := &Set{hashed: map[string]string{}, files: map[string]asset{}}
	names, err := fs.Glob(fsys, "*")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, name := range names {
		if isCompressed(name) {
			continue
		}
		found, err := read(fsys, name)
		if err != nil {
			return nil, err
		}
		set.hashed[name] = hashedName(name, found.bodies[""])
		set.files[set.hashed[name]] = found
	}
	return set, nil
}

// Embedded is the set inside the binary. It is read and hashed once, at the first call.
func Embedded() *Set { return embedded() }

var embedded = sync.OnceValue(func() *Set {
	folder, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	set, err := New(folder)
	if err != nil {
		panic(err) // memory cannot fail to be read
	}
	return set
})

// Dev serves dir from disk as it is at each request, uncompressed and never cached: for task dev, where a style sheet
// changes while the program runs. It opens plain and hashed names, whatever the hash.
func Dev(dir string) *Set { return &Set{disk: os.DirFS(dir)} }

// URL is where pages load name from: "app.css" is "/assets/app.0a1b2c3d.css", with the first 8 hex digits of the
// content's SHA-256. A name that is not in the set keeps its plain URL, which then answers 404.
func (s *Set) URL(name string) string {
	if hashed, ok := s.hashed[name]; ok {
		return Prefix + hashed
	}
	return Prefix + name
}

// Open finds what a request for a URL's last part gets. Of the encodings that acceptEncoding, the request's header,
// allows it takes the one with the highest quality, br before gzip before none where they are equal. The answer
// depends on that header, so the response needs "Vary: Accept-Encoding". It is false for a name that is not in the
// set, such as one with the hash of another version.
func (s *Set) Open(hashedName, acceptEncoding string) (File, bool) {
	if s.disk != nil {
		return s.openLive(hashedName)
	}
	found, ok := s.files[hashedName]
	if !ok {
		return File{}, false
	}
	encoding := negotiate(acceptEncoding, found.bodies)
	return File{found.bodies[encoding], contentType(found.name), encoding, cacheForever}, true
}

func (s *Set) openLive(name string) (File, bool) {
	for _, candidate := range []string{name, plainName(name)} {
		if body, err := fs.ReadFile(s.disk, candidate); err == nil {
			return File{body, contentType(candidate), "", cacheNever}, true
		}
	}
	return File{}, false
}

func read(fsys fs.FS, name string) (asset, error) {
	found := asset{name: name, bodies: map[string][]byte{}}
	for encoding, suffix := range map[string]string{"": "", "gzip": ".gz", "br": ".br"} {
		body, err := fs.ReadFile(fsys, name+suffix)
		if err != nil && encoding == "" {
			return asset{}, fmt.Errorf("read asset: %w", err)
		}
		if err == nil {
			found.bodies[encoding] = body
		}
	}
	return found, nil
}

func isCompressed(name string) bool {
	return strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".br")
}

func hashedName(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
}

// plainName undoes hashedName: app.0a1b2c3d.css is app.css.
func plainName(hashed string) string {
	ext := path.Ext(hashed)
	stem := strings.TrimSuffix(hashed, ext)
	return strings.TrimSuffix(stem, path.Ext(stem)) + ext
}

// contentType is a list of its own because the standard library's depends on the files of the machine it runs on.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "application/octet-stream"
	}
}
