CREATE TABLE IF NOT EXISTS sessions (
  token_hash  BLOB NOT NULL,
  identity_id TEXT NOT NULL,
  account_id  TEXT,
  created_at  TIMESTAMP NOT NULL,
  seen_at     TIMESTAMP NOT NULL,
  address     TEXT NOT NULL,
  PRIMARY KEY (token_hash),
  CONSTRAINT sessions_person FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT sessions_account FOREIGN KEY (account_id) REFERENCES accounts (id)
);

--bun:split

CREATE INDEX IF NOT EXISTS sessions_identity ON sessions (identity_id);

--bun:split

CREATE INDEX IF NOT EXISTS sessions_created ON sessions (created_at);
