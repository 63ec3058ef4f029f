-- How a line came to its price, and what its tax is made of.

ALTER TABLE tax_class ADD COLUMN components TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tax_class ADD COLUMN scheme TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE tax_class ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- JSON lists: a product's own prices on price lists, and the fixed charges on each unit.
ALTER TABLE product ADD COLUMN list_prices TEXT NOT NULL DEFAULT '[]';
ALTER TABLE product ADD COLUMN levies TEXT NOT NULL DEFAULT '[]';

-- JSON of what not every document and line has; NULL for those that have nothing.
ALTER TABLE document ADD COLUMN details TEXT;
ALTER TABLE document_line ADD COLUMN details TEXT;

-- Rows of the organization's feed, kept as they came: a till reads them whole.
CREATE TABLE promotion (
    promotion_id BLOB NOT NULL PRIMARY KEY,
    terms TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE price_list (
    code TEXT NOT NULL PRIMARY KEY,
    terms TEXT NOT NULL
) STRICT, WITHOUT ROWID;
