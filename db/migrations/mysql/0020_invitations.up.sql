CREATE TABLE IF NOT EXISTS invitations (
  id         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  link_id    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  batch_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  email      VARCHAR(254) NOT NULL,
  email_key  VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  language   VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sent_by_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  notice_id  CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY invitations_address (link_id, email_key),
  KEY invitations_list (account_id, created_at DESC, id DESC),
  KEY invitations_batch (batch_id),
  CONSTRAINT invitations_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT invitations_link FOREIGN KEY (link_id) REFERENCES links (id),
  CONSTRAINT invitations_sent_by FOREIGN KEY (sent_by_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
