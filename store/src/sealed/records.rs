//! Records: each body sealed under a key of its tenant, which comes from the store's own key. Bound to where it
//! is, to what finds it and to its revision: an older body put back does not open.

use std::{collections::HashMap, sync::Arc};

use coffer_domain::{
    id::OrgId,
    record::{Record, RecordHead},
    store::StoreError,
};

use parking_lot::RwLock;

use super::SealedStore;
use crate::{
    aad::Aad,
    engine::{Engine, SealedRecord},
    envelope,
    seed::Seed,
};

/// Above this many tenants it starts anew.
const MOST_SEEDS: usize = 10_000;

/// The tenants' keys of those whose records were sealed or opened: to derive one takes as long as to open a record.
pub(super) type RecordSeeds = RwLock<HashMap<OrgId, Arc<Seed>>>;

/// The store's own key has no other generation so far.
const GENERATION: u32 = 1;

impl<E: Engine> SealedStore<E> {
    pub(super) fn seal_record(&self, record: Record) -> Result<SealedRecord, StoreError> {
        let Record { head, body } = record;
        let key = self.record_key(head.organization)?;
        let sealed = envelope::seal(
            (&key, GENERATION),
            &Aad::record(&head),
            body.reveal(),
            &*self.entropy,
        );
        let sealed = sealed.map_err(|error| broken(&head, &error))?;
        Ok(SealedRecord { head, sealed })
    }

    pub(super) fn open_record(&self, found: SealedRecord) -> Result<Record, StoreError> {
        let SealedRecord { head, sealed } = found;
        let key = self.record_key(head.organization)?;
        let body =
            envelope::open(&key, &Aad::record(&head), &sealed).map_err(|error| broken(&head, &error))?;
        Ok(Record { head, body })
    }

    pub(super) fn open_records(&self, found: Vec<SealedRecord>) -> Result<Vec<Record>, StoreError> {
        found.into_iter().map(|record| self.open_record(record)).collect()
    }

    fn record_key(&self, organization: OrgId) -> Result<Arc<Seed>, StoreError> {
        if let Some(known) = self.record_seeds.read().get(&organization) {
            return Ok(Arc::clone(known));
        }
        let key = self
            .own_seed
            .derive(b"coffer/v1/record-seed", organization.as_bytes());
        let broken = |_| StoreError::Broken("the crypto library failed".to_owned());
        let key = Arc::new(key.map_err(broken)?);
        let mut seeds = self.record_seeds.write();
        if seeds.len() >= MOST_SEEDS {
            seeds.clear();
        }
        seeds.insert(organization, Arc::clone(&key));
        Ok(key)
    }
}

fn broken(head: &RecordHead, why: &envelope::EnvelopeError) -> StoreError {
    StoreError::Broken(format!(
        "record {} of {:?} cannot be sealed or opened: {why}",
        head.key, head.collection
    ))
}
