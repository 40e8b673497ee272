CREATE TABLE IF NOT EXISTS consents (
  id           CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id  CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  eula_version VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  language     VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  topics       VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  accepted_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY consents_identity (identity_id),
  CONSTRAINT consents_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
