ALTER TABLE links ADD COLUMN replaced_by_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;
