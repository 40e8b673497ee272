ALTER TABLE memberships
  ADD KEY memberships_role (account_id, role, joined_at DESC, id DESC),
  ADD KEY memberships_end (account_id, expires_on);
