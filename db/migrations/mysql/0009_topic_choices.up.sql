CREATE TABLE IF NOT EXISTS topic_choices (
  identity_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  topic       VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (identity_id, topic),
  CONSTRAINT topic_choices_person FOREIGN KEY (identity_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
