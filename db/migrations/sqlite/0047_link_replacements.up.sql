ALTER TABLE links ADD COLUMN replaced_by_id TEXT;
