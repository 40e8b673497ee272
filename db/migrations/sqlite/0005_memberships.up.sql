CREATE TABLE IF NOT EXISTS memberships (
  id            TEXT NOT NULL,
  identity_id   TEXT NOT NULL,
  account_id    TEXT NOT NULL,
  role          TEXT NOT NULL,
  status        TEXT NOT NULL,
  joined_by     TEXT NOT NULL,
  link_id       TEXT,
  created_by_id TEXT,
  joined_at     TIMESTAMP NOT NULL,
  expires_on    TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT memberships_identity FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT memberships_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT memberships_link_used FOREIGN KEY (link_id) REFERENCES links (id),
  CONSTRAINT memberships_created_by FOREIGN KEY (created_by_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS memberships_person ON memberships (identity_id, account_id);

--bun:split

CREATE INDEX IF NOT EXISTS memberships_list ON memberships (account_id, joined_at DESC, id DESC);

--bun:split

CREATE INDEX IF NOT EXISTS memberships_link ON memberships (link_id, joined_at DESC, id DESC);
