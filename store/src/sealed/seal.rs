//! A commit on its way in: new vaults get keys, values are sealed. Runs on the caller's thread, so that the
//! writer has nothing left to do but to write.

use std::{collections::HashMap, sync::Arc};

use coffer_domain::{
    address::Version,
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
    secret_value::SecretValue,
    store::{Commit, CommitError, StoreError, Write},
};

use super::SealedStore;
use crate::{
    aad::Aad,
    engine::{Engine, SealedCommit, SealedWrite},
    envelope,
    keyring::VaultSeeds,
};

/// Keys of vaults that a commit makes: they go into the keyring once it is taken.
pub(super) type NewSeeds = HashMap<VaultId, Arc<VaultSeeds>>;

/// What sealing knows of the commit it is in.
struct Context {
    organization: OrgId,
    new: NewSeeds,
    environments: HashMap<SecretId, EnvName>,
}

impl<E: Engine> SealedStore<E> {
    /// Seals every value of `commit`.
    pub(super) async fn seal(&self, commit: Commit) -> Result<(SealedCommit, NewSeeds), CommitError> {
        let Commit {
            organization,
            preconditions,
            writes,
            audit,
            changes,
        } = commit;
        let mut context = Context {
            organization,
            new: NewSeeds::new(),
            environments: environments(&writes),
        };
        let mut sealed = Vec::with_capacity(writes.len());
        for write in writes {
            sealed.push(self.seal_write(&mut context, write).await?);
        }
        let commit = SealedCommit {
            organization,
            preconditions,
            writes: sealed,
            audit: audit.canonical(),
            changes,
        };
        Ok((commit, context.new))
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of row")]
    async fn seal_write(&self, context: &mut Context, write: Write) -> Result<SealedWrite, CommitError> {
        Ok(match write {
            Write::Organization(new) => SealedWrite::Organization(own(context, new.id, new)?),
            Write::AmendOrganization(changed) => {
                SealedWrite::AmendOrganization(own(context, changed.id, changed)?)
            }
            Write::Vault(vault) if self.seeds(vault.id).await?.is_some() => {
                SealedWrite::Vault(own(context, vault.organization, vault)?, None)
            }
            Write::Vault(vault) => {
                let vault = own(context, vault.organization, vault)?;
                let (key, seeds) = self.first_key(vault.organization, vault.id).await?;
                context.new.insert(vault.id, Arc::new(seeds));
                SealedWrite::Vault(vault, Some(key))
            }
            Write::DropVault(vault) => SealedWrite::DropVault(vault),
            Write::Secret(secret) => SealedWrite::Secret(secret),
            Write::Version {
                organization,
                vault,
                secret,
                meta,
                value,
            } => {
                let value = own(context, organization, value)?;
                let environment = context.environments.get(&secret);
                let environment = environment.ok_or_else(|| without_secret(secret))?;
                let place = (vault, environment, secret, meta.version);
                let sealed = self.seal_value(context, place, &value).await?;
                SealedWrite::Version { secret, meta, sealed }
            }
            Write::Reseal {
                organization,
                vault,
                secret,
                from,
                to,
            } => {
                let owner = (own(context, organization, organization)?, vault);
                let versions = self.reseal(context, owner, secret, (&from, &to)).await?;
                SealedWrite::Reseal { secret, versions }
            }
            Write::DropSecret(secret) => SealedWrite::DropSecret(secret),
            Write::DropSecretsOf(vault, environment) => SealedWrite::DropSecretsOf(vault, environment),
            Write::VersionState {
                secret,
                version,
                state,
                at,
            } => SealedWrite::VersionState {
                secret,
                version,
                state,
                at,
            },
            Write::ApiKey(key) => SealedWrite::ApiKey(own(context, key.organization, key)?),
            Write::Consumer(line) => SealedWrite::Consumer(line),
            Write::ForgetPod(uid) => SealedWrite::ForgetPod(uid),
            Write::Record(record) => {
                let record = own(context, record.head.organization, record)?;
                SealedWrite::Record(self.seal_record(record)?)
            }
            Write::DropRecord(organization, collection, key) => {
                let key = own(context, organization, key)?;
                SealedWrite::DropRecord(collection, key)
            }
        })
    }

    async fn seal_value(
        &self,
        context: &Context,
        (vault, environment, secret, version): (VaultId, &EnvName, SecretId, Version),
        value: &SecretValue,
    ) -> Result<Vec<u8>, CommitError> {
        let seeds = match context.new.get(&vault) {
            Some(new) => Some(Arc::clone(new)),
            None => self.seeds(vault).await?,
        };
        // No keys: the vault was dropped after the commit was decided.
        let (generation, seed) = seeds
            .as_ref()
            .and_then(|seeds| seeds.newest())
            .ok_or(CommitError::Precondition)?;
        let aad = Aad::secret_value(
            (context.organization, vault),
            environment,
            (secret, version),
            generation,
        );
        envelope::seal((seed, generation), &aad, value.reveal(), &*self.entropy)
            .map_err(|error| StoreError::Broken(format!("cannot seal a value: {error}")).into())
    }
}

impl<E: Engine> SealedStore<E> {
    /// The ciphertexts of a secret's versions for another environment. That none has come or gone when the commit
    /// is taken is for its preconditions to say.
    async fn reseal(
        &self,
        context: &Context,
        owner: (OrgId, VaultId),
        secret: SecretId,
        (from, to): (&EnvName, &EnvName),
    ) -> Result<Vec<(Version, Vec<u8>)>, CommitError> {
        let mut versions = self.engine.ciphertexts(secret).await?;
        for (version, sealed) in &mut versions {
            let value = match self.open_sealed(owner, from, (secret, *version), sealed).await {
                Ok(value) => value,
                Err(error) => return Err(self.moved(secret, from, error).await?),
            };
            let place = (owner.1, to, secret, *version);
            *sealed = self.seal_value(context, place, &value).await?;
        }
        Ok(versions)
    }

    /// What it means that a value does not open where its secret was: another commit moved the secret in between,
    /// or it is broken.
    async fn moved(
        &self,
        secret: SecretId,
        from: &EnvName,
        error: StoreError,
    ) -> Result<CommitError, StoreError> {
        let now = self.engine.secret_by_id(secret).await?;
        let stayed = now.is_some_and(|now| now.environment == *from);
        Ok(if stayed {
            error.into()
        } else {
            CommitError::Precondition
        })
    }
}

/// A value is bound to its environment, which the secret's row tells. A new version always changes that row.
fn environments(writes: &[Write]) -> HashMap<SecretId, EnvName> {
    let secret = |write: &Write| match write {
        Write::Secret(secret) => Some((secret.id, secret.environment.clone())),
        _ => None,
    };
    writes.iter().filter_map(secret).collect()
}

/// A commit writes rows of its own tenant and of no other.
fn own<T>(context: &Context, organization: OrgId, row: T) -> Result<T, StoreError> {
    if organization == context.organization {
        return Ok(row);
    }
    let tenant = context.organization;
    Err(StoreError::Broken(format!(
        "a commit of organization {tenant} has a row of {organization}"
    )))
}

fn without_secret(secret: SecretId) -> StoreError {
    StoreError::Broken(format!(
        "a commit has a version of secret {secret} without the secret's row"
    ))
}
