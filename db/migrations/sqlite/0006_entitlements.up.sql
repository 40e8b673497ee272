CREATE TABLE IF NOT EXISTS entitlements (
  id         TEXT NOT NULL,
  account_id TEXT NOT NULL,
  proof      TEXT NOT NULL,
  code       TEXT NOT NULL,
  used_at    TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT entitlements_account FOREIGN KEY (account_id) REFERENCES accounts (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS entitlements_code ON entitlements (proof, code);
