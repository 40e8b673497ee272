CREATE INDEX IF NOT EXISTS memberships_role ON memberships (account_id, role, joined_at DESC, id DESC);

--bun:split

CREATE INDEX IF NOT EXISTS memberships_end ON memberships (account_id, expires_on);
