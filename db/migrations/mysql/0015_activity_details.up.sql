ALTER TABLE activities
  ADD COLUMN details VARCHAR(2000) NULL,
  ADD KEY activities_subject_of (account_id, subject_id, at DESC, id DESC),
  ADD KEY activities_actor_of (account_id, actor_id, at DESC, id DESC);
