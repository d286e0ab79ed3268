-- Schema 4. Up to which of the journal's files the audit table has everything.

CREATE TABLE journal (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    applied INTEGER NOT NULL
) STRICT;

INSERT INTO journal (only_one, applied) VALUES (1, 0);
