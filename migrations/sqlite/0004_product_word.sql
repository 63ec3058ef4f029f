-- Every word that some product was ever found by. A search asks for the words that begin as typed
-- and looks each up by itself: the index reads those one by one and stops when it has enough, but
-- puts all hits of a beginning together first when it is longer than what it has prefixes for.
CREATE TABLE product_word (
    word TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE product_term USING fts5vocab (product_fts, row);
INSERT INTO product_word SELECT term FROM product_term;
DROP TABLE product_term;

-- The index of products says which products have a word and not where in their texts, with lists for
-- beginnings of one and two letters only. (It keeps its text: an index without can take rows out
-- only from SQLite 3.43 on, and the tools that check the queries have an older one.)
CREATE VIRTUAL TABLE product_index USING fts5 (
    words, prefix = '1 2', tokenize = 'ascii', detail = none
);
INSERT INTO product_index (rowid, words) SELECT rowid, words FROM product_fts;
DROP TABLE product_fts;
ALTER TABLE product_index RENAME TO product_fts;
