-- Event logs (docs/adr/0015-one-pair-of-tables-for-event-logs.md): one pair of tables for every kind
-- of log. `home` is the store whose feed carries a row, or sixteen zero bytes for the organization.
CREATE TABLE log_event (
    op_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    kind TEXT NOT NULL,
    home BLOB NOT NULL,
    key TEXT NOT NULL,
    store_id BLOB,
    device_id BLOB NOT NULL,
    staff_id BLOB,
    wall_ms INTEGER NOT NULL,
    -- NULL until the server's feed has said it.
    effective_hlc INTEGER,
    -- JSON of domain::replication::log::Happening.
    happening TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (op_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_event_row_idx ON log_event (kind, home, key);
CREATE INDEX log_event_pending_idx ON log_event (kind, home, key) WHERE pending = 1;

CREATE TABLE log_row (
    kind TEXT NOT NULL,
    home BLOB NOT NULL,
    key TEXT NOT NULL,
    -- What lists need beside the state: see domain::replication::log::LogIndex.
    subject BLOB NOT NULL,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    -- JSON of domain::replication::log::LogState.
    folded TEXT NOT NULL,
    PRIMARY KEY (kind, home, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_row_list_idx ON log_row (kind, home, at_ms);
CREATE INDEX log_row_open_idx ON log_row (kind, home) WHERE is_open = 1;

-- The shift that is open at this till, where its opening stands in the own chain, and what its
-- documents add up to: kept in the transaction that records a document, made anew out of the journal
-- when the till is filled anew.
CREATE TABLE open_shift (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    shift_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    device_seq INTEGER NOT NULL,
    totals TEXT NOT NULL
) STRICT;

ALTER TABLE document ADD COLUMN shift_id BLOB;
ALTER TABLE document ADD COLUMN rounding_minor INTEGER NOT NULL DEFAULT 0;

ALTER TABLE organization ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
CREATE TABLE tender (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    reference_required INTEGER NOT NULL,
    opens_drawer INTEGER NOT NULL,
    is_refundable INTEGER NOT NULL,
    is_counted INTEGER NOT NULL,
    position INTEGER NOT NULL,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
