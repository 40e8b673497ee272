CREATE TABLE IF NOT EXISTS credential_changes (
  id          TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  way         TEXT NOT NULL,
  at          TIMESTAMP NOT NULL,
  address     TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT credential_changes_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE INDEX IF NOT EXISTS credential_changes_identity ON credential_changes (identity_id, at);
