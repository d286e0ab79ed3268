//! Keyway's API at `/keyway/v1`: vaults of repositories, push and pull, secrets with their history and trash,
//! environments, overrides, API keys, the device flow. Header grammar → session, path → vault, domain error →
//! problem, page → envelope, and nothing else. What differs from the original is in `docs/dialects/keyway.md`.

pub mod address;
pub mod auth;
pub mod dotenv;
pub mod error;
pub mod forge;
pub mod github_page;
pub mod integrations;
pub mod jwt;
pub mod model;
pub mod notes;
pub mod oauth;
pub mod openapi;
pub mod outbound;
pub mod page;
pub mod plan;
pub mod redirect;
pub mod routes;
pub mod settings;
pub mod shapes;
pub mod verify_page;

use std::{sync::Arc, time::Duration};

use axum::http::Method;
use coffer_domain::usecase::{
    Coffer,
    keyway::{Activity, Keyway},
};

pub use settings::{Args, Settings};

use crate::http::{
    body::LARGEST,
    dialect::Dialect,
    rate::{Bucket, By, Rate, X_RATE_LIMIT},
    request_id::IdRule,
    waiting::Waiting,
};

/// This door's name.
pub const NAME: &str = coffer_domain::usecase::keyway::DOOR;

const BUCKETS: [Bucket; 3] = [
    Bucket {
        name: "default",
        usual: Some(Rate::in_minutes(100, 15)),
        by: By::Credential,
        counts: |_, path| !path.ends_with("/health"),
    },
    Bucket {
        name: "verify",
        usual: Some(Rate::a_minute(5)),
        by: By::Address,
        counts: |method, path| method == Method::POST && path.ends_with("/auth/device/verify"),
    },
    Bucket {
        name: "value",
        usual: Some(Rate::a_minute(10)),
        by: By::Credential,
        counts: |_, path| path.contains("/secrets/") && path.ends_with("/value"),
    },
];

/// The most activities that wait to be written down: some seconds of the busiest server.
const MOST_WAITING: usize = 64 * 1024;

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: routes::BASE,
    routes: |_| routes::router(),
    aliases: &[],
    credential: auth::counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Clients,
    largest_body: LARGEST,
    patience: Duration::from_mins(1),
    idempotency: false,
    echoes: None,
    revise: Some(|_, context, answer| error::revise(context, answer)),
    webhooks: None,
    subject: None,
    cors: None,
    openapi: Some(openapi::document),
};

/// What the handlers of this door share.
#[derive(Debug)]
pub struct Door {
    /// The use-cases.
    pub cases: Keyway,
    /// What the server's configuration says.
    pub settings: Settings,
    waiting: Waiting<Arc<Activity>>,
}

impl Door {
    /// Over `coffer`.
    pub fn new(coffer: &Coffer, settings: &Settings) -> Self {
        Self {
            cases: Keyway::new(
                coffer.clone(),
                Arc::clone(&settings.forge),
                settings.integrations.clone(),
            ),
            settings: settings.clone(),
            waiting: Waiting::new("activity", MOST_WAITING),
        }
    }

    /// Has what was done written down soon.
    pub fn note(&self, done: Activity) {
        self.waiting.note(Arc::new(done));
    }

    /// Completes when much waits to be written down.
    pub async fn filled(&self) {
        self.waiting.filled().await;
    }

    /// Writes down what was done. What the store does not take is lost, and said so: the audit log has it.
    pub async fn flush(&self) {
        let done = self.waiting.take();
        if done.is_empty() {
            return;
        }
        if let Err(error) = self.cases.keep_activity(&done).await {
            tracing::error!(%error, "activity was not kept");
        }
    }
}
