ALTER TABLE memberships
  ADD COLUMN reminders       INT NOT NULL DEFAULT 0,
  ADD COLUMN expiry_told_for DATETIME(6) NULL,
  ADD KEY memberships_status (account_id, status, joined_at DESC, id DESC),
  ADD KEY memberships_counts (account_id, role, status),
  ADD KEY memberships_waiting (status, joined_at),
  ADD KEY memberships_expiring (expires_on);
