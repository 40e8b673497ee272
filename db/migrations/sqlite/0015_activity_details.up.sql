ALTER TABLE activities ADD COLUMN details TEXT;

--bun:split

CREATE INDEX activities_subject_of ON activities (account_id, subject_id, at DESC, id DESC);

--bun:split

CREATE INDEX activities_actor_of ON activities (account_id, actor_id, at DESC, id DESC);
