//! The agent endpoint: one stream down to each pod, acknowledgements up. Its words are in the wire crate; who
//! gets what is the domain's to say.

pub(crate) mod ack;
mod auth;
mod hub;
mod refusal;
mod request;
pub(crate) mod seats;
mod stream;
pub(crate) mod watch;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use axum::{Router, routing::post};

pub use hub::Hub;

use crate::app::App;

/// How many streams a namespace has open at once, if nobody says otherwise.
const MOST_OF_NAMESPACE: usize = 5000;

/// How streams behave.
#[derive(Debug, Clone, Copy)]
pub struct StreamSettings {
    /// A sign of life is sent when nothing else was for this long; the pod is looked at again then.
    pub ping: Duration,
    /// How many of one namespace's are open at once, those of held pods among them.
    pub of_namespace: usize,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(15),
            of_namespace: MOST_OF_NAMESPACE,
        }
    }
}

/// The command line's part.
#[derive(Debug, Clone, clap::Args)]
pub struct StreamArgs {
    /// Streams of pods that a namespace has open at once, held pods' among them; one more is answered with 429
    #[arg(
        long,
        env = "COFFER_AGENT_STREAMS",
        value_name = "NUMBER",
        default_value_t = MOST_OF_NAMESPACE,
        value_parser = at_least_one
    )]
    pub agent_streams: usize,
}

impl Default for StreamArgs {
    fn default() -> Self {
        Self {
            agent_streams: MOST_OF_NAMESPACE,
        }
    }
}

impl StreamArgs {
    /// The settings.
    pub fn settings(&self) -> StreamSettings {
        StreamSettings {
            of_namespace: self.agent_streams,
            ..StreamSettings::default()
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number: NonZeroUsize = text.parse().map_err(|_| "must be a number from 1".to_owned())?;
    Ok(number.get())
}

/// This endpoint's router.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route(coffer_wire::WATCH_PATH, post(watch::watch))
        .route(coffer_wire::ACK_PATH, post(ack::acknowledge))
}
