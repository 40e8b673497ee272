CREATE TABLE IF NOT EXISTS links (
  id              CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id      CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash      BINARY(32) NOT NULL,
  token_box       VARBINARY(255) NULL,
  active          BOOLEAN NULL,
  generated_at    DATETIME(6) NOT NULL,
  generated_by_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ended_at        DATETIME(6) NULL,
  ended_by_id     CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  used            INT NOT NULL,
  last_used_at    DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY links_token_hash (token_hash),
  UNIQUE KEY links_active (account_id, active),
  CONSTRAINT links_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT links_generated_by FOREIGN KEY (generated_by_id) REFERENCES identities (id),
  CONSTRAINT links_ended_by FOREIGN KEY (ended_by_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
