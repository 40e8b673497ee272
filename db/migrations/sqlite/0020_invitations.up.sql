CREATE TABLE IF NOT EXISTS invitations (
  id         TEXT NOT NULL,
  account_id TEXT NOT NULL,
  link_id    TEXT NOT NULL,
  batch_id   TEXT NOT NULL,
  email      TEXT NOT NULL,
  email_key  TEXT NOT NULL,
  language   TEXT NOT NULL,
  sent_by_id TEXT NOT NULL,
  notice_id  TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT invitations_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT invitations_link FOREIGN KEY (link_id) REFERENCES links (id),
  CONSTRAINT invitations_sent_by FOREIGN KEY (sent_by_id) REFERENCES identities (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS invitations_address ON invitations (link_id, email_key);

--bun:split

CREATE INDEX IF NOT EXISTS invitations_list ON invitations (account_id, created_at DESC, id DESC);

--bun:split

CREATE INDEX IF NOT EXISTS invitations_batch ON invitations (batch_id);
