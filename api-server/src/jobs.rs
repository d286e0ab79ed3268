//! Jobs that doors leave to the server: exports to be made, entries to be sent on, ends of secrets to be told. What is
//! due is in the store, so that nothing is forgotten when the process ends.

use std::{sync::Arc, time::Duration};

use coffer_domain::network::Cidr;
use tokio::time::sleep;

use crate::{
    app::App,
    v_secure::{exports, feeds},
};

/// How often to look for what is due.
const PACE: Duration = Duration::from_millis(500);

/// Does jobs for ever; entries go to private addresses only within `allowed`.
pub async fn run(app: Arc<App>, allowed: Vec<Cidr>) {
    crate::provide_crypto();
    loop {
        sleep(PACE).await;
        if let Err(error) = app.coffer.tell_expired().await {
            tracing::warn!(%error, "ends of secrets were not told");
        }
        if let Err(error) = exports::make(&app).await {
            tracing::warn!(%error, "exports were not made");
        }
        if let Err(error) = feeds::send(&app, &allowed).await {
            tracing::warn!(%error, "entries of the audit log were not sent on");
        }
    }
}
