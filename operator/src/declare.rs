//! Declaring values in the store, whoever owned them before, as long as that owner is gone.

use coffer_domain::{
    Error,
    address::Place,
    usecase::secrets::{Declaration, KeyState},
};

use crate::{context::Context, orphan};

/// The most owners that are gone which one reconciliation takes over from.
const MOST_TAKEOVERS: usize = 16;

/// Declares, taking over from objects that are gone.
pub async fn declare(
    context: &Context,
    place: &Place,
    declaration: &Declaration,
) -> Result<Vec<KeyState>, Error> {
    let (coffer, caller) = (&context.coffer, &context.caller);
    for _ in 0..MOST_TAKEOVERS {
        match coffer.declare_secrets(caller, place, declaration).await {
            Err(Error::Managed { owner, .. }) if orphan::is_gone(&context.caches, &owner) => {
                coffer.withdraw_secrets(caller, place, &owner, false).await?;
            }
            result => return result,
        }
    }
    coffer.declare_secrets(caller, place, declaration).await
}
