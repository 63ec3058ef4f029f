-- Up to where the server has signed for what it holds: a till may let go of acknowledged envelopes
-- behind the newest checkpoint of their history, and verification begins there.
ALTER TABLE chain ADD COLUMN checkpoint_seq bigint NOT NULL DEFAULT 0;
-- As it was signed and sent.
ALTER TABLE chain ADD COLUMN checkpoint jsonb;
