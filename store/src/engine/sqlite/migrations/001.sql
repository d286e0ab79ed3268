-- Schema 1. Ids are 16 bytes, times are microseconds since 1970 (UTC), lists and rules are JSON.
-- Every row names its tenant, and every reference carries the tenant along: a row cannot hang under
-- another tenant's. Values are sealed before they get here.

CREATE TABLE root (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    store BLOB NOT NULL CHECK (length(store) = 16),
    kek_id TEXT NOT NULL,
    seed BLOB NOT NULL,
    pepper BLOB NOT NULL
) STRICT;

CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vaults (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    environments TEXT NOT NULL,
    access TEXT NOT NULL,
    owner TEXT,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (organization_id, name),
    UNIQUE (id, organization_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_keys (
    vault_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    generation INTEGER NOT NULL CHECK (generation > 0),
    kek_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (vault_id, generation),
    FOREIGN KEY (vault_id, organization_id) REFERENCES vaults (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    vault_id BLOB NOT NULL,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL,
    current_version INTEGER,
    latest_version INTEGER NOT NULL,
    generator TEXT,
    owner TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (vault_id, environment, name),
    UNIQUE (id, organization_id),
    FOREIGN KEY (vault_id, organization_id) REFERENCES vaults (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The ciphertext comes last, so that lists of versions read none of it.
CREATE TABLE versions (
    secret_id BLOB NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    organization_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'deleted', 'destroyed')),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended_at INTEGER,
    env_file_unfit TEXT,
    sealed BLOB,
    PRIMARY KEY (secret_id, version),
    CHECK ((state = 'destroyed') = (sealed IS NULL)),
    FOREIGN KEY (secret_id, organization_id) REFERENCES secrets (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    previous_digest BLOB CHECK (length(previous_digest) = 32),
    previous_valid_until INTEGER,
    grants TEXT NOT NULL,
    owner TEXT,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    revision INTEGER NOT NULL,
    CHECK ((previous_digest IS NULL) = (previous_valid_until IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_organization ON api_keys (organization_id, id);
CREATE UNIQUE INDEX api_keys_by_previous_digest ON api_keys (previous_digest) WHERE previous_digest IS NOT NULL;

CREATE TABLE consumers (
    secret_id BLOB NOT NULL,
    pod_uid TEXT NOT NULL,
    organization_id BLOB NOT NULL,
    namespace TEXT NOT NULL,
    pod TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    acknowledged INTEGER,
    acknowledged_at INTEGER,
    PRIMARY KEY (secret_id, pod_uid),
    FOREIGN KEY (secret_id, organization_id) REFERENCES secrets (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX consumers_by_pod ON consumers (organization_id, pod_uid);

-- No reference to organizations: the writer knows each chain's head, and with it that the tenant exists.
CREATE TABLE audit (
    organization_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    event BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (organization_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
