CREATE TABLE IF NOT EXISTS sign_in_steps (
  token_hash  BINARY(32) NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  proven      BINARY(32) NOT NULL,
  expires_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (token_hash),
  KEY sign_in_steps_identity (identity_id),
  CONSTRAINT sign_in_steps_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
