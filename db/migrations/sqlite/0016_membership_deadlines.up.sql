ALTER TABLE memberships ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE memberships ADD COLUMN expiry_told_for TIMESTAMP;

--bun:split

CREATE INDEX memberships_status ON memberships (account_id, status, joined_at DESC, id DESC);

--bun:split

CREATE INDEX memberships_counts ON memberships (account_id, role, status);

--bun:split

CREATE INDEX memberships_waiting ON memberships (status, joined_at);

--bun:split

CREATE INDEX memberships_expiring ON memberships (expires_on);
