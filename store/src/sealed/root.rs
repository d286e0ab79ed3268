//! The store's own key: that it unwraps shows that the root key given is the one the store was made under.
//! Under it lie the pepper of token digests and the bodies of records.

use coffer_domain::{port::Entropy, secret_value::SecretValue};

use super::wrap::wrap;
use crate::{
    aad::Aad,
    engine::{Engine, Root},
    envelope,
    error::OpenError,
    kek::{KekError, KekProvider},
    seed::Seed,
};

/// The only generation of a store's own key so far.
const GENERATION: u32 = 1;

/// The store's own key and the pepper, from the root that is there or from a new one.
pub(super) async fn unlock(
    engine: &impl Engine,
    kek: &dyn KekProvider,
    entropy: &dyn Entropy,
) -> Result<(Seed, SecretValue), OpenError> {
    let root = match engine.root().await? {
        Some(root) => root,
        None => create(engine, kek, entropy).await?,
    };
    let seed = unwrap(kek, &root).await.map_err(wrong_key)?;
    let pepper = envelope::open(&seed, &Aad::token_pepper(&root.store), &root.pepper)?;
    Ok((seed, pepper))
}

/// The store's own key.
pub(super) async fn unwrap(kek: &dyn KekProvider, root: &Root) -> Result<Seed, KekError> {
    kek.unwrap(&Aad::store_seed(&root.store, &root.seed.key_id), &root.seed)
        .await
}

async fn create(
    engine: &impl Engine,
    kek: &dyn KekProvider,
    entropy: &dyn Entropy,
) -> Result<Root, OpenError> {
    let mut store = [0; 16];
    entropy.fill(&mut store);
    let seed = Seed::fresh(entropy);
    let pepper = Seed::fresh(entropy);
    let pepper = envelope::seal(
        (&seed, GENERATION),
        &Aad::token_pepper(&store),
        pepper.reveal(),
        entropy,
    )?;
    let seed = wrap(kek, |id| Aad::store_seed(&store, id), &seed).await?;
    let root = Root { store, seed, pepper };
    engine.put_root(root.clone()).await?;
    Ok(root)
}

fn wrong_key(error: KekError) -> OpenError {
    match error {
        KekError::UnknownKey { wanted, given } => OpenError::WrongRootKey {
            expected: wanted,
            given,
        },
        other => OpenError::RootKey(other),
    }
}
