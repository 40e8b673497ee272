CREATE TABLE notices_wider (
  id           TEXT NOT NULL,
  letter       TEXT NOT NULL,
  event_id     TEXT NOT NULL,
  recipient_id TEXT,
  account_id   TEXT,
  subject_id   TEXT,
  delivery     TEXT NOT NULL,
  attempts     INTEGER NOT NULL,
  next_try_at  TIMESTAMP NOT NULL,
  lease_until  TIMESTAMP,
  last_error   TEXT NOT NULL,
  created_at   TIMESTAMP NOT NULL,
  sent_at      TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT notices_recipient FOREIGN KEY (recipient_id) REFERENCES identities (id),
  CONSTRAINT notices_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT notices_subject FOREIGN KEY (subject_id) REFERENCES identities (id)
);

--bun:split

INSERT INTO notices_wider (id, letter, event_id, recipient_id, account_id, subject_id, delivery, attempts, next_try_at, lease_until, last_error, created_at, sent_at) SELECT id, letter, event_id, recipient_id, account_id, subject_id, delivery, attempts, next_try_at, lease_until, last_error, created_at, sent_at FROM notices;

--bun:split

DROP TABLE notices;

--bun:split

ALTER TABLE notices_wider RENAME TO notices;

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS notices_event ON notices (event_id, recipient_id, letter);

--bun:split

CREATE INDEX IF NOT EXISTS notices_due ON notices (delivery, next_try_at);

--bun:split

CREATE INDEX IF NOT EXISTS notices_created ON notices (created_at DESC, id DESC);

--bun:split

CREATE INDEX IF NOT EXISTS notices_mailed ON notices (account_id, letter, created_at);
