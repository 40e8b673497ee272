CREATE TABLE IF NOT EXISTS sso_logins (
  key_hash    BINARY(32) NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  issuer      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject     VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (key_hash),
  UNIQUE KEY sso_logins_person (identity_id, issuer),
  CONSTRAINT sso_logins_who FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
