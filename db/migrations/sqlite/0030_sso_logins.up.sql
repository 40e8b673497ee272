CREATE TABLE IF NOT EXISTS sso_logins (
  key_hash    BLOB NOT NULL,
  identity_id TEXT NOT NULL,
  issuer      TEXT NOT NULL,
  subject     TEXT NOT NULL,
  created_at  TIMESTAMP NOT NULL,
  PRIMARY KEY (key_hash),
  CONSTRAINT sso_logins_who FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS sso_logins_person ON sso_logins (identity_id, issuer);
