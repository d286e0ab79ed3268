//! Who wrote a secret last, and which versions came before. For those who were shown the secret already.

use super::Keyway;
use crate::{
    Error,
    entity::{Secret, VersionMeta, VersionState},
};

impl Keyway {
    /// Who wrote the newest version, as the audit log names them.
    pub async fn last_writer(&self, secret: &Secret) -> Result<Option<String>, Error> {
        let versions = self.coffer.store.versions(secret.id).await?;
        Ok(versions.into_iter().next().map(|meta| meta.created_by))
    }

    /// The readable versions of a secret before the current one, newest first, at most `most`.
    pub async fn past_versions(&self, secret: &Secret, most: usize) -> Result<Vec<VersionMeta>, Error> {
        let versions = self.coffer.store.versions(secret.id).await?.into_iter();
        let past =
            versions.filter(|meta| Some(meta.version) != secret.current && meta.state == VersionState::Live);
        Ok(past.take(most).collect())
    }
}
