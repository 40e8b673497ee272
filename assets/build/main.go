// Command build completes assets/dist after Tailwind has written app.css there: it copies what is not compiled and
// compresses everything. The same sources give the same bytes on every machine, so that CI can tell stale files by
// building them again. It runs from the top of the repository; task css calls it.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

func main() {
	if err := build("assets"); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// build fills dir/dist. What dist holds from earlier and nothing makes any more is removed.
func build(dir string) error {
	dist := filepath.Join(dir, "dist")
	kept := []string{"app.css"}
	for _, source := range []string{"app.js", "favicon.svg", "node_modules/htmx.org/dist/htmx.min.js"} {
		name := filepath.Base(source)
		if err := copyFile(filepath.Join(dir, source), filepath.Join(dist, name)); err != nil {
			return err
		}
		kept = append(kept, name)
	}
	if err := removeStale(dist, kept); err != nil {
		return err
	}
	return compressAll(dist, kept)
}

func copyFile(from, to string) error {
	body, err := os.ReadFile(from) //nolint:gosec // the names are the list above
	if err != nil {
		return err
	}
	return writeFile(to, body)
}

func removeStale(dist string, kept []string) error {
	keep := map[string]bool{}
	for _, name := range kept {
		keep[name] = true
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if keep[entry.Name()] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func compressAll(dist string, names []string) error {
	for _, name := range names {
		file := filepath.Join(dist, name)
		body, err := os.ReadFile(file) //nolint:gosec // the names are the list above
		if err != nil {
			return err
		}
		for suffix, compress := range map[string]compressor{".gz": gzipped, ".br": brotlied} {
			packed, err := compress(body)
			if err != nil {
				return err
			}
			if err := writeFile(file+suffix, packed); err != nil {
				return err
			}
		}
	}
	return nil
}

type compressor func(body []byte) ([]byte, error)

// gzipped leaves the header's name and time empty: they would differ from one build to the next.
func gzipped(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	return compressTo(w, &packed, body)
}

func brotlied(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	return compressTo(brotli.NewWriterLevel(&packed, brotli.BestCompression), &packed, body)
}

func compressTo(w io.WriteCloser, packed *bytes.Buffer, body []byte) ([]byte, error) {
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func writeFile(file string, body []byte) error {
	return os.WriteFile(file, body, 0o644) //nolint:gosec // public files: everyone may read them
}
