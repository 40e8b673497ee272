CREATE TABLE IF NOT EXISTS topic_choices (
  identity_id TEXT NOT NULL,
  topic       TEXT NOT NULL,
  PRIMARY KEY (identity_id, topic),
  CONSTRAINT topic_choices_person FOREIGN KEY (identity_id) REFERENCES identities (id)
);
