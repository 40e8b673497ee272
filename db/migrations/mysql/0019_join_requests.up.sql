CREATE TABLE IF NOT EXISTS join_requests (
  id          CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id  CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  link_id     CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash  BINARY(32) NOT NULL,
  token_box   VARBINARY(255) NULL,
  created_at  DATETIME(6) NOT NULL,
  expires_at  DATETIME(6) NOT NULL,
  used_at     DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY join_requests_token (token_hash),
  KEY join_requests_person (identity_id, account_id, created_at),
  CONSTRAINT join_requests_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT join_requests_identity FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT join_requests_link FOREIGN KEY (link_id) REFERENCES links (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
