CREATE TABLE IF NOT EXISTS entitlements (
  id         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  proof      VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code       VARCHAR(60) NOT NULL,
  used_at    DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY entitlements_code (proof, code),
  CONSTRAINT entitlements_account FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
