-- More of a customer's record; which record stands for another; what a customer's page lists.

ALTER TABLE customer ADD COLUMN legal_name TEXT NOT NULL DEFAULT '';
ALTER TABLE customer ADD COLUMN fiscal_address TEXT NOT NULL DEFAULT '';
ALTER TABLE customer ADD COLUMN consent TEXT NOT NULL DEFAULT '';
ALTER TABLE customer ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE customer ADD COLUMN apart_from TEXT NOT NULL DEFAULT '';
CREATE INDEX customer_merged_idx ON customer (merged_into) WHERE merged_into <> '';
CREATE INDEX document_customer_idx ON document (customer_id, wall_ms)
    WHERE customer_id IS NOT NULL;
CREATE INDEX repair_customer_idx ON repair (customer_id) WHERE customer_id IS NOT NULL;
