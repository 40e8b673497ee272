CREATE TABLE IF NOT EXISTS limit_counts (
  name      CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  remaining INT NOT NULL,
  ends_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (name),
  KEY limit_counts_ends (ends_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
