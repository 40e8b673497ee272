CREATE TABLE IF NOT EXISTS registrations (
  id             CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  submission_key BINARY(32) NOT NULL,
  account_id     CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id    CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  link_id        CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  entitlement_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  registered_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY registrations_submission (submission_key),
  KEY registrations_account (account_id, registered_at),
  KEY registrations_link (link_id, registered_at),
  CONSTRAINT registrations_account_of FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT registrations_identity FOREIGN KEY (identity_id) REFERENCES identities (id),
  CONSTRAINT registrations_link_used FOREIGN KEY (link_id) REFERENCES links (id),
  CONSTRAINT registrations_entitlement FOREIGN KEY (entitlement_id) REFERENCES entitlements (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
