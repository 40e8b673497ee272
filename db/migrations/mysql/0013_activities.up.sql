CREATE TABLE IF NOT EXISTS activities (
  id         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at         DATETIME(6) NOT NULL,
  event      VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  subject_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  address    VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id),
  KEY activities_list (account_id, at DESC, id DESC),
  CONSTRAINT activities_account FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT activities_actor FOREIGN KEY (actor_id) REFERENCES identities (id),
  CONSTRAINT activities_subject FOREIGN KEY (subject_id) REFERENCES identities (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
