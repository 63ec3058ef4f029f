-- How many numbers of invoices this epoch has given out.
ALTER TABLE chain ADD COLUMN invoices INTEGER NOT NULL DEFAULT 0;

-- A scanned number opens its invoice, and a waiting paper finds it by its id.
CREATE INDEX log_row_invoice_number_idx ON log_row (home, folded ->> '$.invoice.issued.number')
    WHERE kind = 'invoice';
CREATE INDEX log_row_invoice_id_idx ON log_row (home, folded ->> '$.invoice.issued.invoice_id')
    WHERE kind = 'invoice';
-- The few that two tills made of one receipt.
CREATE INDEX log_row_invoice_again_idx ON log_row (home)
    WHERE kind = 'invoice' AND state = 'issued_again';
