-- What a till needs to join histories again after a server was restored, or itself was:
--   * `genesis`: what its chain's first operation of this epoch follows;
--   * `healed_incarnation`: the life of the server's database that has been offered everything
--     that this till holds; another one is asked anew;
--   * what the server signed, to show it to a server that forgot.
ALTER TABLE chain ADD COLUMN genesis BLOB NOT NULL
    DEFAULT X'0000000000000000000000000000000000000000000000000000000000000000';
-- Made or adopted by this very disk; the feed may also bring what a copy of this till made.
ALTER TABLE journal ADD COLUMN is_own INTEGER NOT NULL DEFAULT 0;
UPDATE journal SET is_own = 1 WHERE device_id IN (SELECT device_id FROM chain);
ALTER TABLE enrolment ADD COLUMN healed_incarnation TEXT NOT NULL DEFAULT '';

-- What the server once signed: enrolments of all tills, how far it holds this till's histories, and
-- whom it erased.
CREATE TABLE certificate (
    device_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    certificate TEXT NOT NULL,
    PRIMARY KEY (device_id, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
    epoch INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    checkpoint TEXT NOT NULL,
    PRIMARY KEY (epoch, branch)
) STRICT, WITHOUT ROWID;
CREATE TABLE erasure (
    customer_id BLOB NOT NULL PRIMARY KEY,
    effective_hlc INTEGER NOT NULL,
    erasure TEXT NOT NULL
) STRICT, WITHOUT ROWID;
