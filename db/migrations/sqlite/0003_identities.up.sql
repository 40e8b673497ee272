CREATE TABLE IF NOT EXISTS identities (
  id            TEXT NOT NULL,
  email         TEXT NOT NULL,
  email_key     TEXT NOT NULL,
  first_name    TEXT NOT NULL,
  last_name     TEXT NOT NULL,
  phone         TEXT NOT NULL,
  job_title     TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  language      TEXT NOT NULL,
  operator      BOOLEAN NOT NULL,
  search_text   TEXT NOT NULL,
  created_at    TIMESTAMP NOT NULL,
  confirmed_at  TIMESTAMP,
  suspended_at  TIMESTAMP,
  signed_in_at  TIMESTAMP,
  PRIMARY KEY (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS identities_email_key ON identities (email_key);
