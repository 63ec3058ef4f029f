-- Old rows of a feed go once every till has had time to read them, at a boundary that the feed
-- itself names, so that all replicas of a scope let go of the same facts.
ALTER TABLE feed_head
    -- Facts stamped before it are no longer kept by replicas,
    ADD COLUMN boundary_hlc bigint NOT NULL DEFAULT 0,
    -- as this row of the feed says.
    ADD COLUMN boundary_seq bigint NOT NULL DEFAULT 0;
-- A till that began a snapshot goes on with the feed behind it within a day.
ALTER TABLE snapshot ADD COLUMN downloaded_at timestamptz;
-- The feed repeats what the operations state; the operations stay for good.
GRANT DELETE ON feed TO techstore_app;
