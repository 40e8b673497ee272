ALTER TABLE notices
  MODIFY COLUMN recipient_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD KEY notices_mailed (account_id, letter, created_at);
