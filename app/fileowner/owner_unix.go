//go:build unix

package fileowner

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ownerOf returns the user and the group of a folder, and false if files in it stay as they are created.
func ownerOf(folder string) (int, int, bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	info, err := os.Stat(folder)
	if err != nil {
		return 0, 0, false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return 0, 0, false
	}
	return int(owner.Uid), int(owner.Gid), true
}

// tolerated ignores that a file system keeps owners to itself, as NFS does with a root that it does not trust.
func tolerated(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
