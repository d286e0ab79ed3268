//! The newest link of every tenant's audit chain, kept by the writer: the only one who appends.

use std::collections::HashMap;

use coffer_domain::{
    audit::{ChainHash, genesis, link},
    id::OrgId,
};
use rusqlite::{Connection, Result};

use super::{read, rows};

/// What was appended last, by tenant; looked up when first needed.
#[derive(Default)]
pub(super) struct Heads(HashMap<OrgId, (u64, ChainHash)>);

impl Heads {
    /// Appends `event` to the chain of a tenant that exists.
    pub(super) fn append(&mut self, db: &Connection, organization: OrgId, event: &[u8]) -> Result<()> {
        let (last, hash) = self.head(db, organization)?;
        let sequence = last + 1;
        let hash = link(&hash, sequence, event);
        db.prepare_cached(
            "INSERT INTO audit (organization_id, sequence, event, hash) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((organization.as_bytes(), rows::integer(sequence), event, hash))?;
        self.0.insert(organization, (sequence, hash));
        Ok(())
    }

    fn head(&self, db: &Connection, organization: OrgId) -> Result<(u64, ChainHash)> {
        if let Some(head) = self.0.get(&organization) {
            return Ok(*head);
        }
        if let Some(head) = read::logs::head(db, organization)? {
            return Ok(head);
        }
        // A chain starts with its tenant: for an unknown one this is an error.
        db.query_row(
            "SELECT id FROM organizations WHERE id = ?1",
            [organization.as_bytes()],
            |_| Ok(()),
        )?;
        Ok((0, genesis(organization)))
    }

    /// After a transaction that came to nothing.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
