//go:build unix

package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"reglink/app/config"
)

const serviceUser = 4711

// What root does by hand, the service of another user must still be able to read and write.
func TestRun_AsRootLeavesFilesToTheFoldersOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	home := t.TempDir()
	if err := os.Chown(home, serviceUser, serviceUser); err != nil {
		t.Fatal(err)
	}
	e := on(t).with(config.DatabaseURL, "sqlite:"+filepath.Join(home, "data", "reglink.db"))
	delete(e, config.BaseURL)
	r := start(t, e)
	copied := filepath.Join(home, "copy.db")
	for _, args := range [][]string{
		{"operator", "add", "ops@portal.example", "--base-url", "https://portal.example"},
		{"backup", copied},
		{"keys", "rotate", "--wait", "0s"},
	} {
		reglink(t, e, args...).done(t)
	}
	checkOwners(t, home, "reglink.db", "reglink.db-wal", "reglink.db-shm", "reglink.db.serve.lock",
		"reglink.db.rotate.lock",
		"secret.key", "secret.key.old", "copy.db")
	r.stopped().done(t)
	reglink(t, e, "restore", copied, "--replace").done(t)
	start(t, e).stopped().done(t)
	checkOwners(t, home, "reglink.db")
}

// checkOwners wants everything in a folder to belong to the service, and those files to be there.
func checkOwners(t *testing.T, folder string, files ...string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != serviceUser || owner.Gid != serviceUser {
			t.Errorf("%s belongs to %d:%d", path, owner.Uid, owner.Gid)
		}
		seen[filepath.Base(path)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !seen[name] {
			t.Errorf("%s is not there", name)
		}
	}
}
