CREATE TABLE IF NOT EXISTS identities (
  id            CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  email         VARCHAR(254) NOT NULL,
  email_key     VARCHAR(254) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  first_name    VARCHAR(80) NOT NULL,
  last_name     VARCHAR(80) NOT NULL,
  phone         VARCHAR(40) NOT NULL,
  job_title     VARCHAR(120) NOT NULL,
  password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  language      VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  operator      BOOLEAN NOT NULL,
  search_text   VARCHAR(600) NOT NULL,
  created_at    DATETIME(6) NOT NULL,
  confirmed_at  DATETIME(6) NULL,
  suspended_at  DATETIME(6) NULL,
  signed_in_at  DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY identities_email_key (email_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
