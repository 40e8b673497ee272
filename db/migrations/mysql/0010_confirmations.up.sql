CREATE TABLE IF NOT EXISTS confirmations (
  id          CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  purpose     VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash  BINARY(32) NOT NULL,
  token_box   VARBINARY(255) NULL,
  created_at  DATETIME(6) NOT NULL,
  expires_at  DATETIME(6) NOT NULL,
  used_at     DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY confirmations_token_hash (token_hash),
  KEY confirmations_identity (identity_id, created_at),
  CONSTRAINT confirmations_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
