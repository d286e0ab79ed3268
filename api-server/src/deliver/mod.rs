//! Delivers what the outbox holds: at least once, signed, to nobody on a private network, and again later where it
//! failed. What is due is in the store, so that nothing is forgotten when the process ends; each attempt is taken there
//! first, so that of several processes one makes it. Each receiver is told one thing after another, in the order in
//! which they fell due, and all receivers at once.

mod queues;
mod send;
pub(crate) mod target;

use std::{sync::Arc, time::Duration};

use coffer_domain::{network::Cidr, usecase::outbox::Due};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::sleep;

use self::{
    queues::{Queue, Queues, Turn},
    send::Failure,
};
use crate::app::App;

/// How often to look for what is due.
const PACE: Duration = Duration::from_millis(500);
/// How many deliveries are looked at in one go.
const MOST: u32 = 64;

/// Delivers for ever; private addresses only within `allowed`.
pub async fn run(app: Arc<App>, allowed: Vec<Cidr>) {
    provide();
    let (mut queues, mut turns) = (Queues::default(), FuturesUnordered::new());
    loop {
        let begun = look(&app, &mut queues).await;
        // More may be due of others: they are looked for at once.
        let again = !begun.is_empty() && queues.has_room();
        turns.extend(begun.into_iter().map(|queue| turn(&app, &allowed, queue)));
        let pause = if again { Duration::ZERO } else { PACE };
        tokio::select! {
            Some((receiver, turn)) = turns.next() => queues.end(receiver, turn),
            () = sleep(pause) => {}
        }
    }
}

/// Whose turn it is now.
async fn look(app: &App, queues: &mut Queues) -> Vec<Queue> {
    if !queues.has_room() {
        return Vec::new();
    }
    match app.coffer.due_deliveries(&queues.passed_over(), MOST).await {
        Ok(due) => queues.begin(due),
        Err(error) => {
            tracing::warn!(%error, "the outbox cannot be read");
            Vec::new()
        }
    }
}

/// Tells one receiver what is in hand for it.
async fn turn(app: &App, allowed: &[Cidr], queue: Queue) -> (String, Turn) {
    for due in queue.due {
        if attempt(app, allowed, due).await == Turn::Rest {
            return (queue.receiver, Turn::Rest);
        }
    }
    (queue.receiver, Turn::Done)
}

/// Delivers what no other deliverer has taken.
async fn attempt(app: &App, allowed: &[Cidr], due: Due) -> Turn {
    match app.coffer.take_delivery(due).await {
        Ok(Some(due)) => deliver(app, allowed, due).await,
        Ok(None) => Turn::Rest,
        Err(error) => {
            tracing::warn!(%error, "a delivery could not be taken");
            Turn::Rest
        }
    }
}

async fn deliver(app: &App, allowed: &[Cidr], due: Due) -> Turn {
    let sent = send::send(&due, allowed, app.coffer.clock().now()).await;
    let turn = match &sent {
        // It answered: the next may fare better.
        Ok(()) | Err(Failure::Status(_)) => Turn::Done,
        Err(_) => Turn::Rest,
    };
    let told = match sent {
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
    turn
}

/// Sees to it that the process has a crypto provider, without which no HTTP client can be made: a server that listens
/// without TLS has installed none.
pub fn provide() {
    // Whoever installed one first, it is this one: no other is linked.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
