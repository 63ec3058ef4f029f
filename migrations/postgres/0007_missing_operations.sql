-- What no till holds is lost and listed, and what lies behind it is taken in: a history may begin
-- behind operations that nobody has brought.
ALTER TABLE chain
    -- What its first operation follows; NULL in histories from before this was kept.
    ADD COLUMN prev_hash bytea,
    -- The operations from here to before first_seq are missing; NULL where none are.
    ADD COLUMN missing_from bigint,
    -- The stamp of its first operation: what is missing before it is ordered before it.
    ADD COLUMN first_effective bigint;
CREATE INDEX chain_missing_idx ON chain (organization_id, device_id, epoch)
    WHERE missing_from IS NOT NULL;

-- A till is asked for sound copies of these.
CREATE INDEX held_operation_damaged_idx
    ON held_operation (organization_id, device_id, epoch, device_seq) WHERE reason = 'damaged';
-- And for the texts of these.
CREATE INDEX operation_without_texts_idx
    ON operation (organization_id, device_id, epoch, device_seq)
    WHERE kind = 'customer_put' AND private IS NULL;

-- Whether a number was given out twice is asked for every document and repair.
CREATE INDEX repair_number_idx ON repair (organization_id, number) WHERE number IS NOT NULL;
