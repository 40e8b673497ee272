CREATE TABLE IF NOT EXISTS consents (
  id           TEXT NOT NULL,
  identity_id  TEXT NOT NULL,
  eula_version TEXT NOT NULL,
  language     TEXT NOT NULL,
  topics       TEXT NOT NULL,
  accepted_at  TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT consents_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE INDEX IF NOT EXISTS consents_identity ON consents (identity_id);
