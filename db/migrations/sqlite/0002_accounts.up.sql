CREATE TABLE IF NOT EXISTS accounts (
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  company_id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id)
);

--bun:split

CREATE UNIQUE INDEX IF NOT EXISTS accounts_company_id ON accounts (company_id);
