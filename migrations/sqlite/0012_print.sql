-- The printer of this till and the papers that wait for it. Both are this computer's own: they are
-- not replicated, and a new file takes them over from the one before.
CREATE TABLE printer (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- JSON of `domain::receipt::PrinterSettings`.
    settings TEXT NOT NULL
) STRICT;

-- A paper is put here in the transaction that makes its document, and printed after it.
CREATE TABLE print_job (
    job_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'test', 'drawer')),
    -- Of the first kind alone.
    document_id BLOB,
    number TEXT NOT NULL,
    -- Who asked for it.
    staff_id BLOB,
    is_copy INTEGER NOT NULL,
    -- Taken back once the pulse may have reached the drawer.
    kicks_drawer INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'printed', 'cancelled')),
    queued_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    -- Copies that have come out. The next three are of the copy under way.
    printed INTEGER NOT NULL DEFAULT 0,
    -- Set before the first byte is sent: after a crash it may have come out.
    is_begun INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    -- How often all of it was sent and nobody confirmed it.
    unconfirmed INTEGER NOT NULL DEFAULT 0,
    -- Why the last try failed; empty when none has.
    fault TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX print_job_waiting_idx ON print_job (job_id) WHERE state = 'waiting';
CREATE INDEX print_job_document_idx ON print_job (document_id);
