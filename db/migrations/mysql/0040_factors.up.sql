CREATE TABLE IF NOT EXISTS factors (
  id          CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind        VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name        VARCHAR(80) NOT NULL,
  look_up     BINARY(32) NOT NULL,
  secret_box  BLOB NULL,
  counter     BIGINT NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  used_at     DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY factors_look_up (look_up),
  KEY factors_identity (identity_id, created_at),
  CONSTRAINT factors_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
