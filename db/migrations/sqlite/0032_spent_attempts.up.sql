CREATE TABLE IF NOT EXISTS spent_attempts (
  state_hash BLOB NOT NULL,
  spent_at   TIMESTAMP NOT NULL,
  PRIMARY KEY (state_hash)
);

--bun:split

CREATE INDEX IF NOT EXISTS spent_attempts_spent ON spent_attempts (spent_at);
