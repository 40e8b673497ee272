ALTER TABLE links ADD COLUMN role TEXT NOT NULL DEFAULT 'standard';

--bun:split

ALTER TABLE links ADD COLUMN expires_at TIMESTAMP;

--bun:split

ALTER TABLE links ADD COLUMN expire_days INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE links ADD COLUMN max_uses INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE links ADD COLUMN domains TEXT NOT NULL DEFAULT '';

--bun:split

ALTER TABLE links ADD COLUMN requires_approval BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

ALTER TABLE links ADD COLUMN stopped_at TIMESTAMP;

--bun:split

CREATE INDEX links_generated ON links (account_id, generated_at DESC, id DESC);
