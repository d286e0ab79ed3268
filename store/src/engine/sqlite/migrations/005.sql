-- Schema 5: projects of an organization; what doors say of their keys, and how often keys are used.

ALTER TABLE organizations ADD COLUMN label TEXT;
ALTER TABLE organizations ADD COLUMN account_id BLOB REFERENCES organizations (id);
CREATE INDEX organizations_by_account ON organizations (account_id, name) WHERE account_id IS NOT NULL;

ALTER TABLE api_keys ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN use_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
