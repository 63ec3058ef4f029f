-- The payment terminal of this till: this computer's own, like its printer, and not replicated. Card
-- payments are logs (0010).
CREATE TABLE terminal (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- JSON of `domain::terminal::TerminalSettings`.
    settings TEXT NOT NULL
) STRICT;
