CREATE TABLE IF NOT EXISTS limit_counts (
  name      TEXT NOT NULL,
  remaining INTEGER NOT NULL,
  ends_at   TIMESTAMP NOT NULL,
  PRIMARY KEY (name)
);

--bun:split

CREATE INDEX IF NOT EXISTS limit_counts_ends ON limit_counts (ends_at);
