-- What the units of a product are told apart by.
ALTER TABLE product ADD COLUMN serial_kind TEXT NOT NULL DEFAULT 'none';

-- A scanned serial number finds its unit, whatever product it is: the key is the product's id, a
-- colon, and the number.
CREATE INDEX log_row_serial_idx ON log_row (substr(key, 38)) WHERE kind = 'serial';
-- Repairs of a device by its number, as it is typed.
CREATE INDEX repair_serial_idx ON repair (upper(replace(device_serial, ' ', '')))
    WHERE device_serial <> '';
