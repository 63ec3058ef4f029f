-- A till may enrol anew, be copied, or be relayed by another till after a restore: each enrolment
-- keeps its key for ever, and each history of an enrolment that forked is a chain of its own.

-- What a device was in each of its enrolments. `device` holds the present one.
CREATE TABLE device_epoch (
    organization_id  uuid NOT NULL REFERENCES organization,
    device_id        uuid NOT NULL,
    epoch            bigint NOT NULL,
    store_id         uuid NOT NULL,
    number           integer NOT NULL,
    series           text NOT NULL,
    public_key       bytea NOT NULL,
    -- What its first operation follows; NULL when a certificate alone is known of it.
    genesis          bytea,
    -- Two histories were seen: it must enrol anew.
    fenced           boolean NOT NULL DEFAULT false,
    -- A copy that stayed behind in an old enrolment still sends what it sold.
    token_hash       bytea,
    token_expires_at timestamptz,
    enrolled_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT device_epoch_pkey PRIMARY KEY (organization_id, device_id, epoch)
);
-- Not unique: a certificate may bring back a till whose place was given away after a restore.
CREATE INDEX device_epoch_place_idx ON device_epoch (organization_id, store_id, number, epoch);

-- The end of every history: branch 0, and one more for each fork. A branch begins at first_seq and
-- shares with others what comes before.
CREATE TABLE chain (
    organization_id uuid NOT NULL REFERENCES organization,
    device_id       uuid NOT NULL,
    epoch           bigint NOT NULL,
    branch          integer NOT NULL,
    first_seq       bigint NOT NULL,
    last_seq        bigint NOT NULL,
    last_hash       bytea NOT NULL,
    CONSTRAINT chain_pkey PRIMARY KEY (organization_id, device_id, epoch, branch)
);

-- The owner of the tables is fenced too; for the copying alone it sees all rows.
ALTER TABLE device NO FORCE ROW LEVEL SECURITY;
-- Every till until now began with a hash of zeros.
INSERT INTO device_epoch (organization_id, device_id, epoch, store_id, number, series, public_key,
    genesis, fenced, token_hash, token_expires_at, enrolled_at)
SELECT organization_id, device_id, epoch, store_id, number, series, public_key,
    decode(repeat('00', 32), 'hex'), fenced, token_hash, token_expires_at, enrolled_at
FROM device WHERE store_id IS NOT NULL;
INSERT INTO chain (organization_id, device_id, epoch, branch, first_seq, last_seq, last_hash)
SELECT organization_id, device_id, epoch, 0, 1, last_seq, last_hash FROM device;
ALTER TABLE device FORCE ROW LEVEL SECURITY;

DROP INDEX device_place_key;
ALTER TABLE device
    DROP COLUMN last_seq, DROP COLUMN last_hash, DROP COLUMN fenced,
    DROP COLUMN token_hash, DROP COLUMN token_expires_at;

DO $$
DECLARE
    fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['device_epoch', 'chain'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
        EXECUTE format(
            'CREATE POLICY own_organization ON %I USING (organization_id = '
            '(SELECT nullif(current_setting(''app.organization'', true), '''')::uuid))',
            fenced);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON device_epoch, chain TO techstore_app;
