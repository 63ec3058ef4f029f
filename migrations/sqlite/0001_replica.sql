-- The till's truth. Three kinds of tables:
--   * what this till is and has done: chain, enrolment, journal, outbox, pending_op, held, draft;
--   * what it shares with others: the tables of domain::replication::table. Only a scope's feed
--     writes their confirmed rows. Facts carry `pending`; sums keep both halves apart;
--   * what is derived from those for searching: product_barcode, product_fts, customer_entry,
--     customer_fts.
-- Ids are 16 bytes, money is in minor units, times are milliseconds since 1970 in UTC.
-- Nothing binds across operations: a reference to a row that is not here yet is legal.

-- Who this till is to the server. One row after enrolment.
CREATE TABLE enrolment (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    server TEXT NOT NULL,
    organization TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    certificate TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    -- Under which name the secrets are kept, and whether in a file instead of the keyring.
    secret_name TEXT NOT NULL,
    key_in_file INTEGER NOT NULL,
    keep_days INTEGER NOT NULL DEFAULT 35,
    kinds TEXT NOT NULL DEFAULT '{}',
    is_revoked INTEGER NOT NULL DEFAULT 0,
    is_fenced INTEGER NOT NULL DEFAULT 0,
    last_contact_ms INTEGER
) STRICT;

-- Head of this till's own chain with everything that must be dense. One row, read and written
-- under the writer's transaction, so that a rollback gives numbers back.
CREATE TABLE chain (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    device_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    series TEXT NOT NULL,
    device_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    hlc INTEGER NOT NULL,
    receipts INTEGER NOT NULL,
    credit_notes INTEGER NOT NULL,
    repairs INTEGER NOT NULL
) STRICT;

-- Signed operations in their exact bytes, own and pulled.
CREATE TABLE journal (
    op_id BLOB NOT NULL PRIMARY KEY,
    device_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    device_seq INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- NULL until the server's feed has said it.
    effective_hlc INTEGER,
    header BLOB NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    private TEXT NOT NULL,
    -- The program that took it in could not read it; to be read again by a later one.
    is_unread INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_device_idx ON journal (device_id, epoch, device_seq);

-- Own operations that the server has not acknowledged.
CREATE TABLE outbox (
    device_seq INTEGER NOT NULL PRIMARY KEY,
    op_id BLOB NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT;

-- Own operations that have not come back in the feed of a scope that they write.
CREATE TABLE pending_op (
    op_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    device_seq INTEGER NOT NULL,
    PRIMARY KEY (op_id, scope)
) STRICT, WITHOUT ROWID;

-- Own operations that the server keeps for the owner to look at.
CREATE TABLE held (
    op_id BLOB NOT NULL PRIMARY KEY,
    device_seq INTEGER NOT NULL,
    flags TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a screen called one entry, and the operation that it became.
CREATE TABLE draft (
    draft_id BLOB NOT NULL PRIMARY KEY,
    op_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each feed has been read.
CREATE TABLE feed (
    scope TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL,
    head INTEGER NOT NULL,
    -- When this replica was last known to hold all of it.
    synced_ms INTEGER
) STRICT;

-- A first fill under way: which snapshot, how far, and staged chunks of a refill.
CREATE TABLE fill (
    scope TEXT NOT NULL PRIMARY KEY,
    header TEXT NOT NULL,
    chunks_done INTEGER NOT NULL,
    rows_done INTEGER NOT NULL,
    is_refill INTEGER NOT NULL
) STRICT;
CREATE TABLE fill_chunk (
    scope TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (scope, chunk)
) STRICT;

-- Sealed under the key that the keyring holds: PIN verifiers with the attempts made on them.
CREATE TABLE sealed (
    name TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- ---------------------------------------------------------------- home: the organization's feed

CREATE TABLE organization (
    organization_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor_digits INTEGER NOT NULL,
    tax_mode TEXT NOT NULL,
    country TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE store (
    store_id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    cut_over_hour INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE till (
    device_id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    series TEXT NOT NULL,
    revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    staff_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    store_id BLOB,
    language TEXT NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tax_class (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    rate_ppm INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE category (
    category_id BLOB NOT NULL PRIMARY KEY,
    parent_id BLOB,
    name TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX category_parent_idx ON category (parent_id);

-- `n` is the search index's key: VACUUM may renumber an implicit one.
CREATE TABLE product (
    n INTEGER NOT NULL PRIMARY KEY,
    product_id BLOB NOT NULL UNIQUE,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    brand TEXT NOT NULL,
    model TEXT NOT NULL,
    category_id BLOB,
    tax_class TEXT NOT NULL,
    price_e4 INTEGER NOT NULL,
    barcodes TEXT NOT NULL,
    stocked INTEGER NOT NULL,
    reorder_point_milli INTEGER NOT NULL,
    warranty_months INTEGER NOT NULL,
    active INTEGER NOT NULL
) STRICT;
CREATE INDEX product_sku_idx ON product (sku);
CREATE INDEX product_name_idx ON product (name COLLATE NOCASE, n) WHERE active = 1;
CREATE INDEX product_category_idx ON product (category_id, name COLLATE NOCASE) WHERE active = 1;

CREATE TABLE product_barcode (
    product_id BLOB NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (product_id, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_barcode_code_idx ON product_barcode (code);

-- The distinct words of a product, folded by the program, which folds what is typed alike: one
-- word is one token, and the beginnings of one to three letters have an index of their own.
-- Ranking happens over a bounded number of hits: a score over all of them costs each its own look.
CREATE VIRTUAL TABLE product_fts USING fts5 (words, prefix = '1 2 3', tokenize = 'ascii');

CREATE TABLE customer (
    customer_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    tax_id TEXT NOT NULL,
    notes TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Own writes of customers' fields that have not come back: shown over the confirmed ones.
CREATE TABLE pending_field (
    op_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    device_seq INTEGER NOT NULL,
    PRIMARY KEY (op_id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_field_customer_idx ON pending_field (customer_id);

-- The searchable texts of each customer as shown, accents folded.
CREATE TABLE customer_entry (
    n INTEGER NOT NULL PRIMARY KEY,
    customer_id BLOB NOT NULL UNIQUE
) STRICT;
CREATE VIRTUAL TABLE customer_fts USING fts5 (texts, tokenize = 'trigram');

CREATE TABLE stock_elsewhere (
    product_id BLOB NOT NULL,
    store_id BLOB NOT NULL,
    on_hand_milli INTEGER NOT NULL,
    as_of_ms INTEGER NOT NULL,
    PRIMARY KEY (product_id, store_id)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------ home: the store's feed

CREATE TABLE document (
    document_id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    series TEXT NOT NULL,
    count INTEGER NOT NULL,
    store_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    staff_id BLOB,
    customer_id BLOB,
    original_id BLOB,
    business_date TEXT NOT NULL,
    utc_offset_min INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    currency TEXT NOT NULL,
    minor_digits INTEGER NOT NULL,
    tax_mode TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    -- JSON of the breakdown by rate.
    taxes TEXT NOT NULL,
    pending INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX document_number_idx ON document (number);
CREATE INDEX document_wall_idx ON document (wall_ms);
CREATE INDEX document_original_idx ON document (original_id) WHERE original_id IS NOT NULL;

CREATE TABLE document_line (
    document_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    product_id BLOB NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    unit_price_e4 INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    tax_class TEXT NOT NULL,
    rate_ppm INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    location TEXT,
    original_n INTEGER,
    pending INTEGER NOT NULL,
    PRIMARY KEY (document_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment (
    document_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    tender TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    tendered_minor INTEGER NOT NULL,
    change_minor INTEGER NOT NULL,
    reference TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (document_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_movement (
    op_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    store_id BLOB NOT NULL,
    location TEXT NOT NULL,
    product_id BLOB NOT NULL,
    delta_milli INTEGER NOT NULL,
    reason TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (op_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_movement_pending_idx ON stock_movement (product_id, location)
    WHERE pending = 1;

-- The feed sets `confirmed_milli`; own operations move `pending_milli` until they come back.
CREATE TABLE stock_level (
    product_id BLOB NOT NULL,
    location TEXT NOT NULL,
    store_id BLOB NOT NULL,
    confirmed_milli INTEGER NOT NULL,
    pending_milli INTEGER NOT NULL,
    -- Whether the feed has ever named this level.
    is_confirmed INTEGER NOT NULL,
    PRIMARY KEY (product_id, location, store_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE repair_event (
    op_id BLOB NOT NULL PRIMARY KEY,
    repair_id BLOB NOT NULL,
    store_id BLOB NOT NULL,
    staff_id BLOB,
    wall_ms INTEGER NOT NULL,
    -- NULL until the server's feed has said it.
    effective_hlc INTEGER,
    -- JSON of what happened.
    happening TEXT NOT NULL,
    pending INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX repair_event_repair_idx ON repair_event (repair_id);
CREATE INDEX repair_event_pending_idx ON repair_event (repair_id) WHERE pending = 1;

CREATE TABLE repair (
    repair_id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL,
    number TEXT NOT NULL,
    customer_id BLOB,
    device_kind TEXT NOT NULL,
    device_brand TEXT NOT NULL,
    device_model TEXT NOT NULL,
    device_serial TEXT NOT NULL,
    fault TEXT NOT NULL,
    accessories TEXT NOT NULL,
    promised_date TEXT,
    state TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    -- JSON list of operations.
    rejected TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX repair_state_idx ON repair (state, received_ms);
