-- More of a customer's record; which record stands for another (domain::customer::link).

ALTER TABLE customer
    ADD COLUMN legal_name text NOT NULL DEFAULT '',
    ADD COLUMN fiscal_address text NOT NULL DEFAULT '',
    ADD COLUMN consent text NOT NULL DEFAULT '',
    ADD COLUMN merged_into text NOT NULL DEFAULT '',
    ADD COLUMN apart_from text NOT NULL DEFAULT '';
