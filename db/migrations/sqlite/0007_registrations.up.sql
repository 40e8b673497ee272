CREATE TABLE IF NOT EXISTS registrations (
  id             TEXT NOT NULL,
  submission_key BLOB NOT NULL,
  account_id     TEXT NOT NULL,
  identity_id    TEXT NOT NULL,
  link_id        TEXT,
  entitlement_id TEXT,
  registered_at  TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT registrations_account_of FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT registrations_identity FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT registrations_link_used FOREIGN KEY (link_id) REFERENCES links (id),
  CONSTRAINT registrations_entitlement FOREIGN KEY (entitlement_id) REFERENCES entitlements (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS registrations_submission ON registrations (submission_key);

--bun:split

CREATE INDEX IF NOT EXISTS registrations_account ON registrations (account_id, registered_at);

--bun:split

CREATE INDEX IF NOT EXISTS registrations_link ON registrations (link_id, registered_at);
