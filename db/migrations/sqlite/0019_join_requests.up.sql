CREATE TABLE IF NOT EXISTS join_requests (
  id          TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  link_id     TEXT NOT NULL,
  token_hash  BLOB NOT NULL,
  token_box   BLOB,
  created_at  TIMESTAMP NOT NULL,
  expires_at  TIMESTAMP NOT NULL,
  used_at     TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT join_requests_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT join_requests_identity FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT join_requests_link FOREIGN KEY (link_id) REFERENCES links (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS join_requests_token ON join_requests (token_hash);

--bun:split

CREATE INDEX IF NOT EXISTS join_requests_person ON join_requests (identity_id, account_id, created_at);
