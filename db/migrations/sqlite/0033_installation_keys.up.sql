ALTER TABLE installations ADD COLUMN mac_box BLOB;

--bun:split

ALTER TABLE installations ADD COLUMN old_keys TEXT;
