CREATE TABLE IF NOT EXISTS sessions (
  token_hash  BINARY(32) NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id  CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at  DATETIME(6) NOT NULL,
  seen_at     DATETIME(6) NOT NULL,
  address     VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (token_hash),
  KEY sessions_identity (identity_id),
  KEY sessions_created (created_at),
  CONSTRAINT sessions_person FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT sessions_account FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
