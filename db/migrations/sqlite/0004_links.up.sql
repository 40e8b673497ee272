CREATE TABLE IF NOT EXISTS links (
  id              TEXT NOT NULL,
  account_id      TEXT NOT NULL,
  token_hash      BLOB NOT NULL,
  token_box       BLOB,
  active          BOOLEAN,
  generated_at    TIMESTAMP NOT NULL,
  generated_by_id TEXT NOT NULL,
  ended_at        TIMESTAMP,
  ended_by_id     TEXT,
  used            INTEGER NOT NULL,
  last_used_at    TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT links_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT links_generated_by FOREIGN KEY (generated_by_id) REFERENCES identities (id),
  CONSTRAINT links_ended_by FOREIGN KEY (ended_by_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS links_token_hash ON links (token_hash);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS links_active ON links (account_id, active);
