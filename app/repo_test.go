package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = ".."

// notOurs are directories whose files others wrote or programs made.
func notOurs() []string {
	return []string{".git", ".task", "bin", "data", "dist", "node_modules", "testdata", "tmp", "tools"}
}

// source is a file of this repository.
type source struct {
	path string // from the root, with slashes
	text string
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) isGenerated() bool { return strings.HasSuffix(s.path, "_templ.go") }

// in tells whether the file is in that directory or below it.
func (s source) in(dir string) bool { return strings.HasPrefix(s.path, dir+"/") }

// sources gives our files whose names end in one of the suffixes.
func sources(t *testing.T, suffixes ...string) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(notOurs(), entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(suffixes, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		all = append(all, source{path: filepath.ToSlash(rel), text: string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no files %v found: this test looks at nothing", suffixes)
	}
	return all
}
