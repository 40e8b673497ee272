CREATE TABLE IF NOT EXISTS confirmations (
  id          TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  token_hash  BLOB NOT NULL,
  token_box   BLOB,
  created_at  TIMESTAMP NOT NULL,
  expires_at  TIMESTAMP NOT NULL,
  used_at     TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT confirmations_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS confirmations_token_hash ON confirmations (token_hash);

--bun:split

CREATE INDEX IF NOT EXISTS confirmations_identity ON confirmations (identity_id, created_at);
