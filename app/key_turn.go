package app

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
)

const macPurpose = "mac"

func (s *Sealer) newest() secretKey { return s.ring.Load().keys[0] }

// follow has the key seal that the installation's row names. It answers Conflict where that one, or one that may still be needed, is
// not known.
func (s *Sealer) follow(row Installation) error {
	_, by, err := s.open(keyCheck, row.KeyCheck)
	if err != nil {
		return Refuse(Conflict, "key_mismatch")
	}
	for name := range strings.FieldsSeq(row.OldKeys) {
		id, err := hex.DecodeString(name)
		if err != nil || !s.learns(id) {
			return Refuse(Conflict, "key_old_missing", "Key", name)
		}
	}
	mac := by.mac
	if row.MacBox != nil {
		text, _, err := s.open(macPurpose, row.MacBox)
		if err != nil {
			return Refuse(Conflict, "key_mismatch")
		}
		mac = []byte(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.Store(&ring{keys: s.ring.Load().keys, sealing: by, mac: mac})
	return nil
}

// turned gives the installation's row as it names the newest key. What tokens are derived with stays what it is: counts of limits and
// a set-up address outlive the key.
func (s *Sealer) turned(row Installation) Installation {
	newest, r := s.newest(), s.ring.Load()
	check, by, err := s.open(keyCheck, row.KeyCheck)
	if err == nil && by.id == newest.id {
		return s.keeping(row)
	}
	old := strings.Fields(row.OldKeys)
	if err == nil && !slices.Contains(old, by.name()) {
		old = append(old, by.name())
	}
	if err != nil {
		check = keyCheck
	}
	row.KeyCheck, row.MacBox = newest.seal(keyCheck, check), newest.seal(macPurpose, string(r.mac))
	row.OldKeys = strings.Join(old, " ")
	return s.keeping(row)
}

// keeping leaves out the old keys that nobody has any more.
func (s *Sealer) keeping(row Installation) Installation {
	var old []string
	for name := range strings.FieldsSeq(row.OldKeys) {
		if id, err := hex.DecodeString(name); err == nil && s.learns(id) {
			old = append(old, name)
		}
	}
	row.OldKeys = strings.Join(old, " ")
	return row
}

// needsKeyOf tells whether the installation still needs the key that a box names: it seals with it, or something may be left that it has
// sealed. What another key sealed was given up.
func (row Installation) needsKeyOf(box []byte) bool {
	id, ok := keyOf(box)
	if !ok {
		return false
	}
	sealing, _ := keyOf(row.KeyCheck)
	return bytes.Equal(id, sealing) || slices.Contains(strings.Fields(row.OldKeys), hex.EncodeToString(id))
}
