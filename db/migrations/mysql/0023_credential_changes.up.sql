CREATE TABLE IF NOT EXISTS credential_changes (
  id          CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  way         VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at          DATETIME(6) NOT NULL,
  address     VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id),
  KEY credential_changes_identity (identity_id, at),
  CONSTRAINT credential_changes_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
