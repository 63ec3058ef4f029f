-- What the units of a product are told apart by.
ALTER TABLE product ADD COLUMN serial_kind text NOT NULL DEFAULT 'none';
