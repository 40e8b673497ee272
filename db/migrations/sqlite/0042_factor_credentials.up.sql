ALTER TABLE factors ADD COLUMN credential BLOB;
