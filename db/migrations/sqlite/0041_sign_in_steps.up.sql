CREATE TABLE IF NOT EXISTS sign_in_steps (
  token_hash  BLOB NOT NULL,
  identity_id TEXT NOT NULL,
  proven      BLOB NOT NULL,
  expires_at  TIMESTAMP NOT NULL,
  PRIMARY KEY (token_hash),
  CONSTRAINT sign_in_steps_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE INDEX IF NOT EXISTS sign_in_steps_identity ON sign_in_steps (identity_id);
