-- Schema 3: what is said of secrets, their trash, what environments are for, restricted vaults.
-- A name is taken once among the secrets that are not in the trash: those in it have their id in the key.
-- References are off while this runs, and checked at its end.

ALTER TABLE vaults ADD COLUMN environment_types TEXT NOT NULL DEFAULT '{}';
ALTER TABLE vaults ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0;

CREATE TABLE new_secrets (
    vault_id BLOB NOT NULL,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    trash BLOB NOT NULL DEFAULT x'',
    id BLOB NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL,
    current_version INTEGER,
    latest_version INTEGER NOT NULL,
    generator TEXT,
    owner TEXT,
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    trashed_at INTEGER,
    purge_at INTEGER,
    revision INTEGER NOT NULL,
    PRIMARY KEY (vault_id, environment, name, trash),
    UNIQUE (id, organization_id),
    CHECK (trash = iif(trashed_at IS NULL, x'', id)),
    CHECK ((trashed_at IS NULL) = (purge_at IS NULL)),
    FOREIGN KEY (vault_id, organization_id) REFERENCES vaults (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO new_secrets (vault_id, environment, name, id, organization_id, current_version, latest_version,
                         generator, owner, created_at, updated_at, revision)
SELECT vault_id, environment, name, id, organization_id, current_version, latest_version,
       generator, owner, created_at, updated_at, revision
FROM secrets;

DROP TABLE secrets;
ALTER TABLE new_secrets RENAME TO secrets;

CREATE INDEX secrets_in_trash ON secrets (vault_id, trashed_at) WHERE trashed_at IS NOT NULL;
CREATE INDEX secrets_to_purge ON secrets (purge_at) WHERE purge_at IS NOT NULL;
