-- How many numbers of quotes this epoch has given out.
ALTER TABLE chain ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;

-- A scanned number opens its quote, however many the store has made.
CREATE INDEX log_row_quote_number_idx ON log_row (home, folded ->> '$.quote.quoted.number')
    WHERE kind = 'quote';
