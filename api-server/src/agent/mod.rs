//! The agent endpoint: one stream down to each pod, acknowledgements up. Its words are in the wire crate; who
//! gets what is the domain's to say.

pub(crate) mod ack;
mod auth;
mod hub;
mod refusal;
mod request;
mod stream;
pub(crate) mod watch;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::post};

pub use hub::Hub;

use crate::app::App;

/// How streams behave.
#[derive(Debug, Clone, Copy)]
pub struct StreamSettings {
    /// A sign of life is sent when nothing else was for this long; the pod is looked at again then.
    pub ping: Duration,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(15),
        }
    }
}

/// This endpoint's router.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route(coffer_wire::WATCH_PATH, post(watch::watch))
        .route(coffer_wire::ACK_PATH, post(ack::acknowledge))
}
