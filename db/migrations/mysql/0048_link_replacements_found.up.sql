UPDATE links AS dead
  JOIN links AS later ON later.account_id = dead.account_id AND later.generated_at = dead.ended_at AND later.id <> dead.id
  SET dead.replaced_by_id = later.id
  WHERE dead.replaced_by_id IS NULL;
