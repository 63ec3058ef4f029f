-- What a till needs to join histories again after a server was restored, or itself was:
--   * `genesis`: what its chain's first operation of this epoch follows;
--   * `healed_incarnation`: the life of the server's database that has been offered everything
--     that this till holds; another one is asked anew;
--   * `certificate`s of other tills are not needed: a till vouches for itself.
ALTER TABLE chain ADD COLUMN genesis BLOB NOT NULL
    DEFAULT X'0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE enrolment ADD COLUMN healed_incarnation TEXT NOT NULL DEFAULT '';
