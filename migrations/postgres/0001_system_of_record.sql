-- The system of record. Every tenant table starts with organization_id, which leads every key, and
-- is fenced by forced row-level security on the setting app.organization (see the end).
-- Money: bigint minor units. Prices: 1/10,000 of the major unit. Quantities: thousandths.
-- Stamps (hlc): 48 bits of milliseconds, 16 of counter; they fit a bigint. Times of a till stay in
-- milliseconds since 1970 exactly as they were signed.
-- No key binds across operations: a sale may arrive before its customer (sync protocol, section 4).

-- Raised by a restore, so that tills notice that numbers may be given twice.
CREATE TABLE incarnation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counter  bigint NOT NULL
);
INSERT INTO incarnation (counter) VALUES (1);

CREATE TABLE organization (
    organization_id uuid PRIMARY KEY,
    name            text NOT NULL,
    currency        text NOT NULL,
    minor_digits    smallint NOT NULL CHECK (minor_digits BETWEEN 0 AND 4),
    tax_mode        text NOT NULL CHECK (tax_mode IN ('inclusive', 'exclusive')),
    country         text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);

-- Which organization an e-mail, device, code or link belongs to; keys are hashes. Read by auth
-- alone, before it is known whose rows may be seen.
CREATE TABLE directory (
    key_hash        bytea PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('email', 'device', 'code', 'link')),
    organization_id uuid NOT NULL REFERENCES organization
);

CREATE TABLE store (
    organization_id uuid NOT NULL REFERENCES organization,
    store_id        uuid NOT NULL,
    code            text NOT NULL,
    name            text NOT NULL,
    address         text NOT NULL,
    time_zone       text NOT NULL,
    cut_over_hour   smallint NOT NULL CHECK (cut_over_hour BETWEEN 0 AND 23),
    CONSTRAINT store_pkey PRIMARY KEY (organization_id, store_id),
    CONSTRAINT store_code_key UNIQUE (organization_id, code)
);

-- Tills, one row per enrolment, and the server itself as the nil device.
CREATE TABLE device (
    organization_id  uuid NOT NULL REFERENCES organization,
    device_id        uuid NOT NULL,
    epoch            bigint NOT NULL,
    store_id         uuid,
    number           integer NOT NULL,
    name             text NOT NULL,
    series           text NOT NULL,
    public_key       bytea NOT NULL,
    last_seq         bigint NOT NULL DEFAULT 0,
    last_hash        bytea NOT NULL,
    last_effective   bigint NOT NULL DEFAULT 0,
    revoked          boolean NOT NULL DEFAULT false,
    fenced           boolean NOT NULL DEFAULT false,
    token_hash       bytea,
    token_expires_at timestamptz,
    skew_ms          bigint NOT NULL DEFAULT 0,
    enrolled_at      timestamptz NOT NULL DEFAULT now(),
    seen_at          timestamptz,
    CONSTRAINT device_pkey PRIMARY KEY (organization_id, device_id)
);
CREATE UNIQUE INDEX device_place_key ON device (organization_id, store_id, number, epoch);

CREATE TABLE enrolment_code (
    organization_id uuid NOT NULL REFERENCES organization,
    code_hash       bytea NOT NULL,
    store_id        uuid NOT NULL,
    till_number     integer NOT NULL,
    expires_at      timestamptz NOT NULL,
    spent_at        timestamptz,
    CONSTRAINT enrolment_code_pkey PRIMARY KEY (organization_id, code_hash)
);

CREATE TABLE challenge (
    organization_id uuid NOT NULL REFERENCES organization,
    nonce_hash      bytea NOT NULL,
    device_id       uuid NOT NULL,
    expires_at      timestamptz NOT NULL,
    CONSTRAINT challenge_pkey PRIMARY KEY (organization_id, nonce_hash)
);
CREATE INDEX challenge_device_idx ON challenge (organization_id, device_id);

CREATE TABLE staff (
    organization_id uuid NOT NULL REFERENCES organization,
    staff_id        uuid NOT NULL,
    name            text NOT NULL,
    role            text NOT NULL,
    store_id        uuid,
    language        text NOT NULL,
    active          boolean NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (organization_id, staff_id)
);

CREATE TABLE staff_credential (
    organization_id uuid NOT NULL REFERENCES organization,
    email_hash      bytea NOT NULL,
    staff_id        uuid NOT NULL,
    password_phc    text NOT NULL,
    wrong           integer NOT NULL DEFAULT 0,
    locked_until    timestamptz,
    CONSTRAINT staff_credential_pkey PRIMARY KEY (organization_id, email_hash)
);

CREATE TABLE staff_pin (
    organization_id uuid NOT NULL REFERENCES organization,
    staff_id        uuid NOT NULL,
    phc             text NOT NULL,
    CONSTRAINT staff_pin_pkey PRIMARY KEY (organization_id, staff_id)
);

CREATE TABLE session (
    organization_id uuid NOT NULL REFERENCES organization,
    session_hash    bytea NOT NULL,
    staff_id        uuid NOT NULL,
    csrf_token      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (organization_id, session_hash)
);

CREATE TABLE tax_class (
    organization_id uuid NOT NULL REFERENCES organization,
    code            text NOT NULL,
    name            text NOT NULL,
    rate_ppm        integer NOT NULL CHECK (rate_ppm >= 0),
    CONSTRAINT tax_class_pkey PRIMARY KEY (organization_id, code)
);

CREATE TABLE category (
    organization_id uuid NOT NULL REFERENCES organization,
    category_id     uuid NOT NULL,
    parent_id       uuid,
    name            text NOT NULL,
    position        integer NOT NULL,
    CONSTRAINT category_pkey PRIMARY KEY (organization_id, category_id)
);

CREATE TABLE product (
    organization_id     uuid NOT NULL REFERENCES organization,
    product_id          uuid NOT NULL,
    sku                 text NOT NULL,
    name                text NOT NULL,
    brand               text NOT NULL,
    model               text NOT NULL,
    category_id         uuid,
    tax_class           text NOT NULL,
    price_e4            bigint NOT NULL,
    cost_e4             bigint,
    barcodes            text[] NOT NULL,
    stocked             boolean NOT NULL,
    reorder_point_milli bigint NOT NULL,
    warranty_months     integer NOT NULL,
    active              boolean NOT NULL,
    CONSTRAINT product_pkey PRIMARY KEY (organization_id, product_id)
);
-- Case is kept: two products may differ by it alone. Not unique: two servers' imports may meet.
CREATE INDEX product_sku_idx ON product (organization_id, sku);

CREATE TABLE customer (
    organization_id uuid NOT NULL REFERENCES organization,
    customer_id     uuid NOT NULL,
    name            text NOT NULL DEFAULT '',
    phone           text NOT NULL DEFAULT '',
    email           text NOT NULL DEFAULT '',
    address         text NOT NULL DEFAULT '',
    tax_id          text NOT NULL DEFAULT '',
    notes           text NOT NULL DEFAULT '',
    -- Who wrote each field last: field -> {hlc, op_id}.
    stamps          jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT customer_pkey PRIMARY KEY (organization_id, customer_id)
);

-- Applied operations in their exact bytes; append-only.
CREATE TABLE operation (
    organization_id uuid NOT NULL,
    op_id           uuid NOT NULL,
    device_id       uuid NOT NULL,
    epoch           bigint NOT NULL,
    branch          integer NOT NULL DEFAULT 0,
    device_seq      bigint NOT NULL,
    kind            text NOT NULL,
    effective_hlc   bigint NOT NULL,
    hash            bytea NOT NULL,
    signature       bytea NOT NULL,
    header          bytea NOT NULL,
    body            bytea NOT NULL,
    -- Salted texts kept out of the chain; erased without touching it.
    private         jsonb,
    received_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT operation_pkey PRIMARY KEY (organization_id, op_id)
);
CREATE UNIQUE INDEX operation_place_key
    ON operation (organization_id, device_id, epoch, branch, device_seq);

-- Operations that cannot be trusted or read. They count for the sequence and wait for the owner.
CREATE TABLE held_operation (
    organization_id uuid NOT NULL,
    device_id       uuid NOT NULL,
    epoch           bigint NOT NULL,
    branch          integer NOT NULL DEFAULT 0,
    device_seq      bigint NOT NULL,
    op_id           uuid,
    effective_hlc   bigint NOT NULL,
    hash            bytea NOT NULL,
    envelope        jsonb NOT NULL,
    reason          text NOT NULL,
    detail          text NOT NULL,
    received_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT held_operation_pkey
        PRIMARY KEY (organization_id, device_id, epoch, branch, device_seq)
);

CREATE TABLE document (
    organization_id uuid NOT NULL,
    document_id     uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('receipt', 'credit_note')),
    number          text NOT NULL,
    series          text NOT NULL,
    count           bigint NOT NULL,
    store_id        uuid NOT NULL,
    device_id       uuid NOT NULL,
    staff_id        uuid,
    customer_id     uuid,
    original_id     uuid,
    business_date   date NOT NULL,
    utc_offset_min  integer NOT NULL,
    wall_ms         bigint NOT NULL,
    effective_hlc   bigint NOT NULL,
    currency        text NOT NULL,
    minor_digits    smallint NOT NULL,
    tax_mode        text NOT NULL,
    total_minor     bigint NOT NULL,
    tax_minor       bigint NOT NULL,
    reason          text NOT NULL,
    CONSTRAINT document_pkey PRIMARY KEY (organization_id, document_id)
);
CREATE INDEX document_day_idx ON document (organization_id, business_date, store_id);
CREATE INDEX document_newest_idx ON document (organization_id, wall_ms, document_id);
CREATE INDEX document_number_idx ON document (organization_id, number);
CREATE INDEX document_original_idx ON document (organization_id, original_id)
    WHERE original_id IS NOT NULL;

CREATE TABLE document_line (
    organization_id uuid NOT NULL,
    document_id     uuid NOT NULL,
    n               integer NOT NULL,
    product_id      uuid NOT NULL,
    sku             text NOT NULL,
    name            text NOT NULL,
    quantity_milli  bigint NOT NULL,
    unit_price_e4   bigint NOT NULL,
    discount_minor  bigint NOT NULL,
    total_minor     bigint NOT NULL,
    tax_class       text NOT NULL,
    rate_ppm        integer NOT NULL,
    tax_minor       bigint NOT NULL,
    location        text,
    original_n      integer,
    CONSTRAINT document_line_pkey PRIMARY KEY (organization_id, document_id, n)
);

CREATE TABLE document_tax (
    organization_id uuid NOT NULL,
    document_id     uuid NOT NULL,
    rate_ppm        integer NOT NULL,
    net_minor       bigint NOT NULL,
    tax_minor       bigint NOT NULL,
    gross_minor     bigint NOT NULL,
    CONSTRAINT document_tax_pkey PRIMARY KEY (organization_id, document_id, rate_ppm)
);

CREATE TABLE payment (
    organization_id uuid NOT NULL,
    document_id     uuid NOT NULL,
    n               integer NOT NULL,
    tender          text NOT NULL,
    amount_minor    bigint NOT NULL,
    tendered_minor  bigint NOT NULL,
    change_minor    bigint NOT NULL,
    reference       text NOT NULL,
    CONSTRAINT payment_pkey PRIMARY KEY (organization_id, document_id, n)
);

-- Append-only ledger; stock_level is its cached sum.
CREATE TABLE stock_movement (
    organization_id uuid NOT NULL,
    op_id           uuid NOT NULL,
    n               integer NOT NULL,
    store_id        uuid NOT NULL,
    location        text NOT NULL,
    product_id      uuid NOT NULL,
    delta_milli     bigint NOT NULL,
    reason          text NOT NULL,
    CONSTRAINT stock_movement_pkey PRIMARY KEY (organization_id, op_id, n)
);

CREATE TABLE stock_level (
    organization_id uuid NOT NULL,
    store_id        uuid NOT NULL,
    location        text NOT NULL,
    product_id      uuid NOT NULL,
    on_hand_milli   bigint NOT NULL,
    CONSTRAINT stock_level_pkey PRIMARY KEY (organization_id, store_id, location, product_id)
) WITH (fillfactor = 70);

-- What the org scope last said about each store's shop floor.
CREATE TABLE stock_elsewhere (
    organization_id uuid NOT NULL,
    store_id        uuid NOT NULL,
    product_id      uuid NOT NULL,
    on_hand_milli   bigint NOT NULL,
    as_of_ms        bigint NOT NULL,
    CONSTRAINT stock_elsewhere_pkey PRIMARY KEY (organization_id, store_id, product_id)
);

-- Up to which head of a store's feed its levels were gathered into stock_elsewhere.
CREATE TABLE stock_gathered (
    organization_id uuid NOT NULL,
    store_id        uuid NOT NULL,
    head            bigint NOT NULL,
    CONSTRAINT stock_gathered_pkey PRIMARY KEY (organization_id, store_id)
);

CREATE TABLE repair_event (
    organization_id uuid NOT NULL,
    op_id           uuid NOT NULL,
    repair_id       uuid NOT NULL,
    store_id        uuid NOT NULL,
    staff_id        uuid,
    wall_ms         bigint NOT NULL,
    effective_hlc   bigint NOT NULL,
    happening       jsonb NOT NULL,
    CONSTRAINT repair_event_pkey PRIMARY KEY (organization_id, op_id)
);
CREATE INDEX repair_event_repair_idx ON repair_event (organization_id, repair_id);

CREATE TABLE repair (
    organization_id uuid NOT NULL,
    repair_id       uuid NOT NULL,
    store_id        uuid NOT NULL,
    -- NULL until the intake has arrived: events may come before it.
    state           text,
    number          text,
    -- The whole folded row as the feed carries it.
    folded          jsonb,
    CONSTRAINT repair_pkey PRIMARY KEY (organization_id, repair_id)
);

CREATE TABLE feed (
    organization_id uuid NOT NULL,
    scope           text NOT NULL,
    seq             bigint NOT NULL,
    type            text NOT NULL CHECK (type IN ('op', 'entry', 'server', 'derived')),
    -- JSON text, kept and sent exactly as it was digested.
    bytes           bytea NOT NULL,
    digest          bytea NOT NULL,
    committed_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feed_pkey PRIMARY KEY (organization_id, scope, seq)
);

-- Outside row-level security: one poll tells every till of every organization what is new.
CREATE TABLE feed_head (
    organization_id uuid NOT NULL,
    scope           text NOT NULL,
    head            bigint NOT NULL,
    digest          bytea NOT NULL,
    floor           bigint NOT NULL DEFAULT 1,
    CONSTRAINT feed_head_pkey PRIMARY KEY (organization_id, scope)
) WITH (fillfactor = 50);

CREATE TABLE snapshot (
    organization_id uuid NOT NULL,
    snapshot_id     uuid NOT NULL,
    scope           text NOT NULL,
    seq             bigint NOT NULL,
    -- The header as it is sent.
    header          jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT snapshot_pkey PRIMARY KEY (organization_id, snapshot_id)
);
CREATE INDEX snapshot_newest_idx ON snapshot (organization_id, scope, seq);

CREATE TABLE snapshot_chunk (
    organization_id uuid NOT NULL,
    snapshot_id     uuid NOT NULL,
    chunk           integer NOT NULL,
    -- Compressed JSON (gzip).
    bytes           bytea NOT NULL,
    CONSTRAINT snapshot_chunk_pkey PRIMARY KEY (organization_id, snapshot_id, chunk)
);
ALTER TABLE snapshot_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What the owner should look at.
CREATE TABLE exception (
    organization_id uuid NOT NULL,
    exception_id    uuid NOT NULL,
    kind            text NOT NULL,
    store_id        uuid,
    device_id       uuid,
    op_id           uuid,
    detail          jsonb NOT NULL,
    opened_at       timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    CONSTRAINT exception_pkey PRIMARY KEY (organization_id, exception_id)
);

-- The role that the server uses. A server with a database of its own brings both roles along; an
-- operator's database may have them already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'techstore_app') THEN
        CREATE ROLE techstore_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;

-- The fence. A new tenant table is added to it in the migration that makes the table; a test finds
-- every table with an organization_id that is not.
DO $$
DECLARE
    fenced text;
BEGIN
    FOR fenced IN
        SELECT c.relname
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
          AND c.relname NOT IN ('organization', 'directory', 'feed_head')
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

DO $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO techstore_app', current_schema());
END
$$;
GRANT SELECT ON incarnation TO techstore_app;
GRANT SELECT, INSERT, UPDATE ON organization, feed_head TO techstore_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON directory TO techstore_app;
GRANT SELECT, INSERT, UPDATE ON store, device, staff, tax_class, category, product, customer,
    stock_level, stock_gathered, repair, exception TO techstore_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON enrolment_code, challenge, staff_credential, staff_pin,
    session, stock_elsewhere, snapshot, snapshot_chunk, held_operation TO techstore_app;
-- Append-only: the server itself cannot change what was recorded. Private texts alone may go.
GRANT SELECT, INSERT ON operation, document, document_line, document_tax, payment,
    stock_movement, repair_event, feed TO techstore_app;
GRANT UPDATE (private) ON operation TO techstore_app;
