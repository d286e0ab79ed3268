//! Everything that runs while this operator leads.

use std::sync::Arc;

use coffer_crds::{ApiKey, Vault, VaultSecret};
use kube::{Api, runtime::reflector::store::Writer};
use tokio::sync::{Barrier, watch};

use crate::{
    bundle,
    census::{self, Dirty},
    context::{Caches, Shared},
    controller,
    feed::{self, place_of},
    mailbox::Inboxes,
    remote::poll,
    restart::{self, Options},
    secret_watch,
};

/// The writing ends of the caches.
pub struct Writers {
    vaults: Writer<Vault>,
    secrets: Writer<VaultSecret>,
    keys: Writer<ApiKey>,
}

/// Empty caches, and what fills them.
pub fn caches() -> (Caches, Writers) {
    let writers = Writers {
        vaults: Writer::new(()),
        secrets: Writer::new(()),
        keys: Writer::new(()),
    };
    let caches = Caches {
        vaults: writers.vaults.as_reader(),
        secrets: writers.secrets.as_reader(),
        keys: writers.keys.as_reader(),
    };
    (caches, writers)
}

/// Watches and reconciles until `stop`, then ends what has begun and returns.
pub async fn run(
    context: Shared,
    writers: Writers,
    inboxes: Inboxes,
    restarts: Options,
    stop: watch::Receiver<bool>,
) {
    let feed_from = context.coffer.latest_change();
    let dirty = Dirty::default();
    let ready = Arc::new(Barrier::new(2));
    let watches = async {
        tokio::join!(
            controller::watch(
                Api::all(context.client.clone()),
                writers.vaults,
                context.mail.vaults.clone(),
                context.clone()
            ),
            controller::watch(
                Api::all(context.client.clone()),
                writers.secrets,
                context.mail.secrets.clone(),
                context.clone()
            ),
            controller::watch(
                Api::all(context.client.clone()),
                writers.keys,
                context.mail.keys.clone(),
                context.clone()
            ),
            secret_watch::watch(context.clone(), ready.clone()),
        );
    };
    let work = async {
        ready.wait().await;
        if all_ready(&context.caches).await {
            // It is large, and made once.
            Box::pin(reconcile(
                context.clone(),
                inboxes,
                &dirty,
                restarts,
                feed_from,
                stop.clone(),
            ))
            .await;
        }
    };
    tokio::select! {
        () = work => {}
        () = watches => {}
        () = stopped_before_ready(&context.caches, stop.clone()) => {}
    }
}

async fn reconcile(
    context: Shared,
    inboxes: Inboxes,
    dirty: &Dirty,
    restarts: Options,
    feed_from: u64,
    stop: watch::Receiver<bool>,
) {
    let caches = context.caches.clone();
    let stopped = || stopped(stop.clone());
    let controllers = async {
        tokio::join!(
            controller::run(context.clone(), caches.vaults.clone(), inboxes.vaults, stopped()),
            controller::run(
                context.clone(),
                caches.secrets.clone(),
                inboxes.secrets,
                stopped()
            ),
            controller::run(context.clone(), caches.keys.clone(), inboxes.keys, stopped()),
        );
    };
    let rest = async {
        context.pods.sweep(&context).await;
        dirty.mark(
            caches
                .secrets
                .state()
                .iter()
                .filter_map(|object| place_of(object)),
            [],
        );
        tokio::join!(
            feed::follow(context.clone(), dirty.clone(), feed_from),
            census::count(context.clone(), dirty.clone()),
            Box::pin(bundle::keep(&context)),
            poll::run(&context),
            restart::follow(context.clone(), restarts),
        );
    };
    tokio::select! {
        () = controllers => {}
        () = rest => {}
    }
}

/// References lead from each kind to the others: nothing is decided before all are known.
async fn all_ready(caches: &Caches) -> bool {
    let (vaults, secrets, keys) = tokio::join!(
        caches.vaults.wait_until_ready(),
        caches.secrets.wait_until_ready(),
        caches.keys.wait_until_ready(),
    );
    vaults.is_ok() && secrets.is_ok() && keys.is_ok()
}

/// Later than that the controllers end by themselves, after what they have begun.
async fn stopped_before_ready(caches: &Caches, stop: watch::Receiver<bool>) {
    tokio::select! {
        ready = all_ready(caches) => if ready { std::future::pending().await },
        () = stopped(stop) => {}
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it whoever wanted this to run.
    let _ = stop.wait_for(|stop| *stop).await;
}
