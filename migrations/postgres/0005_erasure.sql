-- Personal data stands beside the feed's digested bytes, so that it can be erased and every digest
-- still fits.

ALTER TABLE feed ADD COLUMN beside jsonb;
-- Rows of one customer are found by it when the customer is erased.
CREATE INDEX feed_beside_customer_idx
    ON feed (organization_id, (beside #>> '{customer,0,customer_id}'))
    WHERE beside IS NOT NULL;

-- Who was erased and up to when: texts ordered before it are dropped whenever they arrive.
CREATE TABLE erasure (
    organization_id uuid NOT NULL REFERENCES organization,
    customer_id     uuid NOT NULL,
    effective_hlc   bigint NOT NULL,
    -- As it was signed and sent.
    erasure         jsonb NOT NULL,
    erased_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT erasure_pkey PRIMARY KEY (organization_id, customer_id)
);
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON erasure USING (organization_id =
    (SELECT nullif(current_setting('app.organization', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON erasure TO techstore_app;
-- Like the private texts of operations: they alone may go.
GRANT UPDATE (beside) ON feed TO techstore_app;

-- Until now the org's feed held such texts in its digested bytes. Those rows go; a till that had
-- not read them all fills itself anew from a snapshot, which is made of the tables.
ALTER TABLE feed NO FORCE ROW LEVEL SECURITY;
ALTER TABLE snapshot NO FORCE ROW LEVEL SECURITY;
ALTER TABLE snapshot_chunk NO FORCE ROW LEVEL SECURITY;
UPDATE feed_head SET floor = head + 1 WHERE scope = 'org';
DELETE FROM feed WHERE scope = 'org';
DELETE FROM snapshot_chunk;
DELETE FROM snapshot;
ALTER TABLE feed FORCE ROW LEVEL SECURITY;
ALTER TABLE snapshot FORCE ROW LEVEL SECURITY;
ALTER TABLE snapshot_chunk FORCE ROW LEVEL SECURITY;
