//! Keeps the bundles as they should be, for as long as this operator leads.

use std::time::Duration;

use coffer_wire::bundle::BundleIdentity;
use kube::Resource;

use super::{
    apply::{self, Request},
    decide::{Facts, Kept, Verdict, decide},
    desk::Desk,
    ledger::{Ledger, MOST_OF_NAMESPACE},
};
use crate::{context::Context, events::Gravity, halt::Halt};

/// How long marks gather: a value that changes twice in this time is sealed once.
const GATHER: Duration = Duration::from_millis(250);
/// All bundles are looked at when nothing else was for this long: some have become too old for any use.
const SWEEP: Duration = Duration::from_mins(5);
/// The most reasons that are remembered; when there are more, some are told again.
const MOST_TOLD: usize = 4096;
/// After something that did not work.
const AGAIN: Duration = Duration::from_secs(2);

/// Runs until it is dropped; without a desk it has nothing to do.
pub async fn keep(context: &Context) {
    let Some(desk) = &context.bundles else {
        return std::future::pending().await;
    };
    let mut ledger = Ledger::default();
    loop {
        match apply::find(context).await {
            Ok(found) => break ledger.kept.extend(found),
            Err(error) => tracing::warn!(%error, "bundles cannot be found; trying again"),
        }
        tokio::time::sleep(AGAIN).await;
    }
    // What changed while nobody looked: rights, above all.
    let mut patience = Duration::ZERO;
    loop {
        let marks = desk.take(patience).await;
        tokio::time::sleep(GATHER).await;
        for identity in ledger.concerned(&marks) {
            let asked = marks.asked.contains(&identity);
            settle(context, desk, &mut ledger, identity, asked).await;
        }
        context.metrics.bundles(ledger.kept.len());
        patience = if ledger.again.is_empty() { SWEEP } else { AGAIN };
    }
}

/// Looks at one bundle, and makes it so.
async fn settle(context: &Context, desk: &Desk, ledger: &mut Ledger, identity: BundleIdentity, asked: bool) {
    let now = u64::try_from(context.now().as_second()).unwrap_or_default();
    let before = ledger.kept.get(&identity).cloned();
    let last = if asked {
        now
    } else {
        before.as_ref().map_or(now, |kept| kept.asked)
    };
    if let Some(kept) = ledger.kept.get_mut(&identity) {
        kept.asked = last;
    }
    let Ok(request) = Request::of(&identity) else {
        return;
    };
    let done = match verdict(context, &identity, &request, before.as_ref(), last, now).await {
        Verdict::Stay => Ok(()),
        Verdict::Later => {
            ledger.again.insert(identity);
            return;
        }
        Verdict::Remove(why) => remove(context, ledger, &identity, why).await,
        Verdict::Write(_) if before.is_none() && ledger.is_full(&identity.namespace) => {
            let most = MOST_OF_NAMESPACE;
            let why = format!(
                "namespace {} has {most} bundles, which is the most",
                identity.namespace
            );
            tell(context, ledger, &identity, why).await;
            Ok(())
        }
        Verdict::Write(max_stale) => {
            let written = apply::write(context, desk, &identity, &request, max_stale, last).await;
            written.map(|kept| {
                ledger.told.remove(&identity);
                ledger.kept.insert(identity.clone(), kept);
            })
        }
    };
    match done {
        Ok(()) => {}
        Err(Halt::Problem(problem)) => {
            ledger.kept.remove(&identity);
            tell(context, ledger, &identity, problem.message).await;
        }
        Err(Halt::Failure(error)) => {
            tracing::warn!(namespace = identity.namespace, %error, "a bundle is not as it should be; trying again");
            ledger.again.insert(identity);
        }
    }
}

/// What becomes of it, by what the `Vault` and the store say now.
async fn verdict(
    context: &Context,
    identity: &BundleIdentity,
    request: &Request,
    kept: Option<&Kept>,
    asked: u64,
    now: u64,
) -> Verdict {
    let vault = apply::vault(context, identity);
    let Request {
        holder,
        place,
        wanted,
    } = request;
    let versions = context.coffer.bundle_versions(holder, place, wanted).await;
    decide(&Facts {
        identity,
        allowed: vault.and_then(|vault| vault.spec.max_stale()),
        versions: versions.as_ref(),
        kept,
        asked,
        now,
    })
}

async fn remove(
    context: &Context,
    ledger: &mut Ledger,
    identity: &BundleIdentity,
    why: String,
) -> Result<(), Halt> {
    if ledger.kept.contains_key(identity) || ledger.told.get(identity) != Some(&why) {
        apply::remove(context, identity).await?;
    }
    ledger.kept.remove(identity);
    tell(context, ledger, identity, why).await;
    Ok(())
}

/// Says on the `Vault` why a bundle is not kept: once for each reason.
async fn tell(context: &Context, ledger: &mut Ledger, identity: &BundleIdentity, why: String) {
    if ledger.told.get(identity) == Some(&why) {
        return;
    }
    let account = &identity.service_account;
    tracing::info!(
        namespace = identity.namespace,
        account,
        why,
        "a bundle is not kept"
    );
    if let Some(vault) = apply::vault(context, identity) {
        let note = format!("no values are kept for pods of service account {account} to start with: {why}");
        let about = vault.object_ref(&());
        context
            .events
            .publish(&about, Gravity::Warning, "BundleNotKept", "Keep", &note)
            .await;
    }
    if ledger.told.len() >= MOST_TOLD {
        ledger.told.clear();
    }
    ledger.told.insert(identity.clone(), why);
}
