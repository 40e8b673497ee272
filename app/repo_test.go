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

// skippedDirs are directories whose files others wrote or programs made.
func skippedDirs() []string {
	return []string{".git", ".task", "bin", "data", "dist", "node_modules", "testdata", "tmp", "tools"}
}

// sourceFile is a file of this repository.
type sourceFile struct {
	path string // from the root, with slashes
	text string
}

func (s sourceFile) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s sourceFile) isGenerated() bool { return strings.HasSuffix(s.path, "_templ.go") }

// inDir tells whether the file is in that directory or below it.
func (s sourceFile) inDir(dir string) bool { return strings.HasPrefix(s.path, dir+"/") }

// sourceFiles gives our files whose names end in one of the suffixes.
func sourceFiles(t *testing.T, suffixes ...string) []sourceFile {
	t.Helper()
	var all []sourceFile
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(skippedDirs(), entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(suffixes, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		all = append(all, sourceFile{path: filepath.ToSlash(rel), text: string(text)})
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
