//go:build !unix

package fileowner

// ownerOf returns false: no such owners.
func ownerOf(string) (int, int, bool) { return 0, 0, false }

func tolerated(err error) error { return err }
