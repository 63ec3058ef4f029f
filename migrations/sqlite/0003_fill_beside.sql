-- A till is filled into a file of its own, beside the one in use (docs/sync.md): nothing is staged
-- any more, and a fill that an older program had begun in place begins anew. What is left in `fill`
-- of the file in use is the history that is still on its way.
DROP TABLE fill_chunk;
DELETE FROM fill;
ALTER TABLE fill DROP COLUMN is_refill;

-- The index of products keeps no places of words: one word is one token, and an order of words is
-- never asked for.
CREATE VIRTUAL TABLE product_words USING fts5 (
    words, prefix = '1 2 3', tokenize = 'ascii', detail = none
);
INSERT INTO product_words (rowid, words) SELECT rowid, words FROM product_fts;
DROP TABLE product_fts;
ALTER TABLE product_words RENAME TO product_fts;

-- What is closed goes at the boundary that a feed names (docs/sync.md): facts know their stamp.
ALTER TABLE document ADD COLUMN effective_hlc INTEGER;
ALTER TABLE stock_movement ADD COLUMN effective_hlc INTEGER;
UPDATE document SET effective_hlc =
    (SELECT effective_hlc FROM journal WHERE op_id = document.document_id);
UPDATE stock_movement SET effective_hlc =
    (SELECT effective_hlc FROM journal WHERE op_id = stock_movement.op_id);
-- Facts stamped before it have gone, or never came.
ALTER TABLE feed ADD COLUMN boundary_hlc INTEGER NOT NULL DEFAULT 0;
-- When the till first looked, by the server's clock, and the feed had brought the envelope: a stamp
-- says when something was done, and a till without network may send it years later.
ALTER TABLE journal ADD COLUMN arrived_ms INTEGER;
CREATE INDEX journal_arrived_idx ON journal (arrived_ms);
