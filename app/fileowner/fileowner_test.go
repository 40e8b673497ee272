//go:build unix

package fileowner_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"reglink/app/fileowner"
)

const service = 4711 // a user that no file of this machine has

// servicesFolder is a folder of that user. Only root can make one.
func servicesFolder(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	folder := t.TempDir()
	if err := os.Chown(folder, service, service); err != nil {
		t.Fatal(err)
	}
	return folder
}

func wantOwner(t *testing.T, path string, want uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t); got.Uid != want || got.Gid != want {
		t.Errorf("%s belongs to %d:%d, want %d", path, got.Uid, got.Gid, want)
	}
}

func TestCreate_GivesTheFileToTheFoldersOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(servicesFolder(t), "file")
	if err := fileowner.Create(path); err != nil {
		t.Fatal(err)
	}
	wantOwner(t, path, service)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info, err)
	}
}

// Somebody who owns the folder may have put a link there: root must not give away what it leads to.
func TestCreate_LeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	folder, elsewhere := servicesFolder(t), filepath.Join(t.TempDir(), "shadow")
	if err := os.WriteFile(elsewhere, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(folder, "file")); err != nil {
		t.Fatal(err)
	}
	if err := fileowner.Create(filepath.Join(folder, "file")); err != nil {
		t.Fatal(err)
	}
	wantOwner(t, elsewhere, 0)
}

func TestMkdirAll_GivesEachFolderToTheOwnerAbove(t *testing.T) {
	t.Parallel()
	folder := servicesFolder(t)
	if err := fileowner.MkdirAll(filepath.Join(folder, "a", "b")); err != nil {
		t.Fatal(err)
	}
	wantOwner(t, filepath.Join(folder, "a"), service)
	wantOwner(t, filepath.Join(folder, "a", "b"), service)
}

func TestMkdirAll_RefusesAFileInTheWay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := fileowner.Create(path); err != nil {
		t.Fatal(err)
	}
	if err := fileowner.MkdirAll(filepath.Join(path, "a")); err == nil {
		t.Error("a folder was made in a file")
	}
	if err := fileowner.MkdirAll(filepath.Dir(path)); err != nil {
		t.Errorf("a folder that exists: %v", err)
	}
}

func TestInherit_ChangesNothingInRootsFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root is asked about")
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := fileowner.Inherit(file); err != nil && !errors.Is(err, fs.ErrPermission) {
		t.Fatal(err)
	}
	wantOwner(t, file.Name(), 0)
}
