CREATE TABLE IF NOT EXISTS member_words (
  account_id    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  word          VARCHAR(64) NOT NULL,
  membership_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (account_id, word, membership_id),
  KEY member_words_of (membership_id),
  CONSTRAINT member_words_membership FOREIGN KEY (membership_id) REFERENCES memberships (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
