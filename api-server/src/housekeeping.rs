//! What the server does by its own timer: what expired is deleted, the trash is emptied of what waited long enough,
//! old changes are forgotten, and how often keys were used is written down.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::app::App;

/// How often.
const PACE: Duration = Duration::from_mins(1);

/// Keeps house for ever.
pub async fn run(app: Arc<App>) {
    loop {
        sleep(PACE).await;
        if let Err(error) = app.coffer.sweep_records().await {
            tracing::warn!(%error, "expired records were not deleted");
        }
        match app.coffer.sweep_trash().await {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, "secrets in the trash were purged"),
            Err(error) => tracing::warn!(%error, "the trash was not emptied"),
        }
        if let Err(error) = app.coffer.trim_changes().await {
            tracing::warn!(%error, "old changes were not deleted");
        }
        if let Err(error) = app.coffer.note_key_usage().await {
            tracing::warn!(%error, "the use of keys was not written down");
        }
    }
}
