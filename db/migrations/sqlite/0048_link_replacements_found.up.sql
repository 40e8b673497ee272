UPDATE links SET replaced_by_id = (
  SELECT later.id FROM links AS later
  WHERE later.account_id = links.account_id AND later.generated_at = links.ended_at AND later.id <> links.id
)
WHERE replaced_by_id IS NULL AND ended_at IS NOT NULL;
