-- Event logs (docs/adr/0015-one-pair-of-tables-for-event-logs.md): one pair of tables for every kind
-- of log. `home` is the store whose feed carries a row, or nil for the organization. Keys are
-- compared byte by byte, as the program sorts them before it locks.
CREATE TABLE log_event (
    organization_id uuid NOT NULL,
    op_id           uuid NOT NULL,
    n               integer NOT NULL,
    kind            text NOT NULL,
    home            uuid NOT NULL,
    key             text COLLATE "C" NOT NULL,
    store_id        uuid,
    device_id       uuid NOT NULL,
    staff_id        uuid,
    wall_ms         bigint NOT NULL,
    effective_hlc   bigint NOT NULL,
    happening       jsonb NOT NULL,
    CONSTRAINT log_event_pkey PRIMARY KEY (organization_id, op_id, n)
);
CREATE INDEX log_event_row_idx ON log_event (organization_id, kind, home, key);

CREATE TABLE log_row (
    organization_id uuid NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    home            uuid NOT NULL,
    key             text COLLATE "C" NOT NULL,
    -- NULL until what begins the log has arrived: other events may come before it.
    subject         uuid,
    state           text,
    is_open         boolean,
    at_ms           bigint,
    folded          jsonb,
    CONSTRAINT log_row_pkey PRIMARY KEY (organization_id, kind, home, key)
);
CREATE INDEX log_row_list_idx ON log_row (organization_id, kind, at_ms);

ALTER TABLE document
    ADD COLUMN shift_id uuid,
    ADD COLUMN rounding_minor bigint NOT NULL DEFAULT 0;
CREATE INDEX document_shift_idx ON document (organization_id, shift_id) WHERE shift_id IS NOT NULL;

ALTER TABLE organization ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
CREATE TABLE tender (
    organization_id    uuid NOT NULL REFERENCES organization,
    code               text NOT NULL,
    name               text NOT NULL,
    kind               text NOT NULL,
    reference_required boolean NOT NULL,
    opens_drawer       boolean NOT NULL,
    is_refundable      boolean NOT NULL,
    is_counted         boolean NOT NULL,
    position           integer NOT NULL,
    active             boolean NOT NULL,
    CONSTRAINT tender_pkey PRIMARY KEY (organization_id, code)
);

DO $$
DECLARE
    fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['log_event', 'log_row', 'tender']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
        EXECUTE format(
            'CREATE POLICY own_organization ON %I USING (organization_id = '
            '(SELECT nullif(current_setting(''app.organization'', true), '''')::uuid))',
            fenced);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON log_row, tender TO techstore_app;
-- Append-only, like every other fact.
GRANT SELECT, INSERT ON log_event TO techstore_app;
