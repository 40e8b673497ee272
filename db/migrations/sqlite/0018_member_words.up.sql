CREATE TABLE IF NOT EXISTS member_words (
  account_id    TEXT NOT NULL,
  word          TEXT NOT NULL,
  membership_id TEXT NOT NULL,
  PRIMARY KEY (account_id, word, membership_id),
  CONSTRAINT member_words_membership FOREIGN KEY (membership_id) REFERENCES memberships (id) ON DELETE CASCADE
) WITHOUT ROWID;

--bun:split

CREATE INDEX IF NOT EXISTS member_words_of ON member_words (membership_id);
