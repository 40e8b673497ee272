CREATE TABLE IF NOT EXISTS spent_attempts (
  state_hash BINARY(32) NOT NULL,
  spent_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (state_hash),
  KEY spent_attempts_spent (spent_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
