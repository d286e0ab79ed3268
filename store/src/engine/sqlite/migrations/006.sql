-- Schema 6: records in a table with row ids. Without them, each look at a key reads the whole of every body it passes.

CREATE TABLE records_of_6 (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    listed_under TEXT NOT NULL,
    digest BLOB CHECK (length(digest) = 32),
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    due_at INTEGER,
    sealed BLOB NOT NULL
) STRICT;

INSERT INTO records_of_6 (organization_id, collection, key, listed_under, digest, revision, created_at, updated_at,
                          expires_at, due_at, sealed)
SELECT organization_id, collection, key, listed_under, digest, revision, created_at, updated_at, expires_at, due_at, sealed
FROM records;

DROP TABLE records;
ALTER TABLE records_of_6 RENAME TO records;

CREATE UNIQUE INDEX records_by_key ON records (organization_id, collection, key);
CREATE INDEX records_by_group ON records (organization_id, collection, listed_under, key);
CREATE UNIQUE INDEX records_by_digest ON records (collection, digest) WHERE digest IS NOT NULL;
CREATE INDEX records_by_end ON records (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX records_by_due_time ON records (collection, due_at) WHERE due_at IS NOT NULL;
