//! Delivers what the outbox holds: at least once, signed, to nobody on a private network, and again later where it
//! failed. What is due is in the store, so that nothing is forgotten when the process ends; each attempt is taken there
//! first, so that of several processes one makes it.

mod send;
mod target;

use std::{sync::Arc, time::Duration};

use coffer_domain::{network::Cidr, usecase::outbox::Due};
use futures::StreamExt;
use tokio::time::sleep;

use crate::app::App;

/// How often to look for what is due.
const PACE: Duration = Duration::from_millis(500);
/// How many deliveries are looked at in one go, and under way at once.
const MOST: u32 = 64;
const AT_ONCE: usize = 8;

/// Delivers for ever; private addresses only within `allowed`.
pub async fn run(app: Arc<App>, allowed: Vec<Cidr>) {
    loop {
        sleep(PACE).await;
        match app.coffer.due_deliveries(MOST).await {
            Ok(due) => {
                let each = futures::stream::iter(due);
                each.for_each_concurrent(AT_ONCE, |due| attempt(&app, &allowed, due))
                    .await;
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read"),
        }
    }
}

/// Delivers what no other deliverer has taken.
async fn attempt(app: &App, allowed: &[Cidr], due: Due) {
    match app.coffer.take_delivery(due).await {
        Ok(Some(due)) => deliver(app, allowed, due).await,
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "a delivery could not be taken"),
    }
}

async fn deliver(app: &App, allowed: &[Cidr], due: Due) {
    let told = match send::send(&due, allowed).await {
        Ok(()) => app.coffer.delivered(&due.delivery).await,
        Err(failure) => {
            let why = failure.to_string();
            tracing::info!(delivery = due.delivery.key, why, "a webhook was not delivered");
            app.coffer.delivery_failed(&due.delivery, &why).await.map(drop)
        }
    };
    if let Err(error) = told {
        // It stays due: it is delivered once more rather than lost.
        tracing::warn!(%error, delivery = due.delivery.key, "the fate of a delivery was not kept");
    }
}
