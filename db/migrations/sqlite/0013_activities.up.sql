CREATE TABLE IF NOT EXISTS activities (
  id         TEXT NOT NULL,
  account_id TEXT NOT NULL,
  at         TIMESTAMP NOT NULL,
  event      TEXT NOT NULL,
  actor_id   TEXT,
  subject_id TEXT,
  address    TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT activities_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT activities_actor FOREIGN KEY (actor_id) REFERENCES identities (id),
  CONSTRAINT activities_subject FOREIGN KEY (subject_id) REFERENCES identities (id)
);

--bun:split

CREATE INDEX IF NOT EXISTS activities_list ON activities (account_id, at DESC, id DESC);
