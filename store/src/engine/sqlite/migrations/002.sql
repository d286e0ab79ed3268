-- Schema 2: records, the typed documents of the doors. Bodies are sealed before they get here.

CREATE TABLE records (
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
    sealed BLOB NOT NULL,
    PRIMARY KEY (organization_id, collection, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX records_by_group ON records (organization_id, collection, listed_under, key);
CREATE UNIQUE INDEX records_by_digest ON records (collection, digest) WHERE digest IS NOT NULL;
CREATE INDEX records_by_end ON records (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX records_by_due_time ON records (collection, due_at) WHERE due_at IS NOT NULL;
