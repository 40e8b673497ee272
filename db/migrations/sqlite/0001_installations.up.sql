CREATE TABLE IF NOT EXISTS installations (
  id         INTEGER NOT NULL,
  key_check  BLOB NOT NULL,
  set_up_at  TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id)
);
