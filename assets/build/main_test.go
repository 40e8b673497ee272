package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

func TestCompression_IsReversibleAndRepeatable(t *testing.T) {
	body := []byte(strings.Repeat("a style sheet repeats itself. ", 400))
	open := map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	}
	for encoding, compress := range map[string]compressor{"gzip": gzipped, "br": brotlied} {
		t.Run(encoding, func(t *testing.T) {
			first, err := compress(body)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := compress(body)
			if !bytes.Equal(first, again) {
				t.Error("two builds differ")
			}
			r, err := open[encoding](bytes.NewReader(first))
			if err != nil {
				t.Fatal(err)
			}
			if back, err := io.ReadAll(r); err != nil || !bytes.Equal(back, body) {
				t.Errorf("came back as %d bytes (%v), want the %d that went in", len(back), err, len(body))
			}
		})
	}
}

func TestBuild_FillsDistAndRemovesStaleFiles(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"app.js": "let a", "favicon.svg": "<svg/>", "node_modules/htmx.org/dist/htmx.min.js": "let h",
		"dist/app.css": "a{}", "dist/old.css": "b{}",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := build(dir); err != nil {
		t.Fatal(err)
	}
	got, _ := filepath.Glob(filepath.Join(dir, "dist", "*"))
	if len(got) != 4*3 {
		t.Errorf("dist holds %d files, want 4 with two siblings each: %v", len(got), got)
	}
	if err := build(t.TempDir()); err == nil {
		t.Error("a folder without sources built without an error")
	}
}
