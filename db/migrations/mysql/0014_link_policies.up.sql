ALTER TABLE links
  ADD COLUMN role              VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'standard',
  ADD COLUMN expires_at        DATETIME(6) NULL,
  ADD COLUMN expire_days       INT NOT NULL DEFAULT 0,
  ADD COLUMN max_uses          INT NOT NULL DEFAULT 0,
  ADD COLUMN domains           VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN requires_approval BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN stopped_at        DATETIME(6) NULL,
  ADD KEY links_generated (account_id, generated_at DESC, id DESC);
