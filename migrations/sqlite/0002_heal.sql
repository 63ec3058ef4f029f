-- What a till needs to join histories again after a server was restored, or itself was:
--   * `genesis`: what its chain's first operation of this epoch follows;
--   * `healed_incarnation`: the life of the server's database that has been offered everything
--     that this till holds; another one is asked anew;
--   * the certificates of enrolments that it gave up, so that a server which forgot them takes the
--     operations of those epochs back.
ALTER TABLE chain ADD COLUMN genesis BLOB NOT NULL
    DEFAULT X'0000000000000000000000000000000000000000000000000000000000000000';
-- Made or adopted by this very disk; the feed may also bring what a copy of this till made.
ALTER TABLE journal ADD COLUMN is_own INTEGER NOT NULL DEFAULT 0;
UPDATE journal SET is_own = 1 WHERE device_id IN (SELECT device_id FROM chain);
ALTER TABLE enrolment ADD COLUMN healed_incarnation TEXT NOT NULL DEFAULT '';
CREATE TABLE former_certificate (
    epoch INTEGER NOT NULL PRIMARY KEY,
    certificate TEXT NOT NULL
) STRICT;
