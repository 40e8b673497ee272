CREATE TABLE IF NOT EXISTS factors (
  id          TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  kind        TEXT NOT NULL,
  name        TEXT NOT NULL,
  look_up     BLOB NOT NULL,
  secret_box  BLOB,
  counter     INTEGER NOT NULL,
  created_at  TIMESTAMP NOT NULL,
  used_at     TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT factors_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS factors_look_up ON factors (look_up);

--bun:split

CREATE INDEX IF NOT EXISTS factors_identity ON factors (identity_id, created_at);
