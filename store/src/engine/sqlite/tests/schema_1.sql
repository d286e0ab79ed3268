-- A store as schema 1 kept it: a dump, with the two pragmas that a dump leaves out.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE root (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    store BLOB NOT NULL CHECK (length(store) = 16),
    kek_id TEXT NOT NULL,
    seed BLOB NOT NULL,
    pepper BLOB NOT NULL
) STRICT;
INSERT INTO root VALUES(1,X'27160413277a8b29a2583047f138ed96','77c7021fe7b068af',X'434f4601010000000062d32f07b5db0d3fe589cb0ad9c879f3a1e6de61619c8049bd27e9d159019d60399eae371bd598765c4f3058ccefce9005f6ab0808184c78fe7344c7f0a0d766fc31c929c755ab053a16a415ae43ab7200f9fa0448a67fff7331f93dc22e0c462f0951f971ea1b1a3ee3abf3aef06d24',X'434f460101000000018e52ee51b4e7847ed1316e2d9fe944ad8a6b0d5e5d7ebdd0528c856541d21f605d8b13b38d44d3930277efb48b1631251529adf296d56947b08d7ceac7ec2e315cd98a30e0ae04de4ea87248e03a47c5adedf8527d5e180894bea73168506d87686976a4af02aa836d68561378252d5d');
CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO organizations VALUES(X'018bcfe5687b7a6da9119b096780b194','acme',1700000000123456);
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
INSERT INTO vaults VALUES(X'018bcfe5687b79dc89e2c8e8ee2969c5',X'018bcfe5687b7a6da9119b096780b194','app','["default"]','[]',NULL,1700000000123456,1);
CREATE TABLE vault_keys (
    vault_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    generation INTEGER NOT NULL CHECK (generation > 0),
    kek_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (vault_id, generation),
    FOREIGN KEY (vault_id, organization_id) REFERENCES vaults (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO vault_keys VALUES(X'018bcfe5687b79dc89e2c8e8ee2969c5',X'018bcfe5687b7a6da9119b096780b194',1,'77c7021fe7b068af',X'434f4601010000000096fdc89a6cd2ca42c149c4fce1f3dd36983005dd5b790b82437ad89420d7afc43728b13d0b2e614935d643531c68f7239ac28f8d3e4710a77ead98dd6ed937b1c6d09a03259bc126c8a70264f2280aaf7c2f84572b8cff51acbdcbfb9dea0ecca9273478e4ad697f448e3e7dda89b981');
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
INSERT INTO secrets VALUES(X'018bcfe5687b79dc89e2c8e8ee2969c5','default','KEY',X'018bcfe5687b7d01aeda65ad3c8ada57',X'018bcfe5687b7a6da9119b096780b194',1,1,NULL,NULL,1700000000123456,1700000000123456,1);
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
INSERT INTO versions VALUES(X'018bcfe5687b7d01aeda65ad3c8ada57',1,X'018bcfe5687b7a6da9119b096780b194','live',1700000000123456,'controller',NULL,NULL,X'434f460101000000011e5da711323e446f6e6755e6c34420751e445ae49663c25a4d88865bc59196c2460b043bb7ec836e2c8108263058b87eb84e6cb5f85e8f3990808cdc189017d1d4169d6a7d26b7008f87a9d591da296b76c63e7ec2e6ffc307a575eaa5a8c96f32c55e');
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
CREATE TABLE audit (
    organization_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    event BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (organization_id, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO audit VALUES(X'018bcfe5687b7a6da9119b096780b194',1,X'7b226174223a22323032332d31312d31345432323a31333a32302e3132333435365a222c227072696e636970616c223a22636f6e74726f6c6c6572222c22616374696f6e223a22746573742e7772697465222c22746172676574223a22636f666665723a2f2f6f2f76222c226f7574636f6d65223a22616c6c6f776564222c22646f6f72223a226e6174697665227d',X'cca94cc718acb3d2f717e201e41544958bf55413bd2f8bd5f159bc4e6e08090b');
INSERT INTO audit VALUES(X'018bcfe5687b7a6da9119b096780b194',2,X'7b226174223a22323032332d31312d31345432323a31333a32302e3132333435365a222c227072696e636970616c223a22636f6e74726f6c6c6572222c22616374696f6e223a22746573742e7772697465222c22746172676574223a22636f666665723a2f2f6f2f76222c226f7574636f6d65223a22616c6c6f776564222c22646f6f72223a226e6174697665227d',X'ef595c0814d49632142dccc8ab46c725fba7839850cd38fd453f6069534dc225');
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_by_organization ON api_keys (organization_id, id);
CREATE UNIQUE INDEX api_keys_by_previous_digest ON api_keys (previous_digest) WHERE previous_digest IS NOT NULL;
CREATE INDEX consumers_by_pod ON consumers (organization_id, pod_uid);
COMMIT;
PRAGMA application_id = 1131374194;
PRAGMA user_version = 1;
