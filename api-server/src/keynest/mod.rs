//! KeyNest's API at `/keynest/api` and `/keynest/health`: users, organizations with members, projects, environments,
//! variables, export and import, logs. Header grammar → actor, number → thing, domain error → body, page →
//! envelope, and nothing else. What differs from the original is in `docs/dialects/keynest.md`.

pub mod auth;
pub mod dotenv;
pub mod error;
pub mod input;
pub mod model;
pub mod openapi;
pub mod page;
pub mod passwords;
pub mod routes;
pub mod rules;
pub mod settings;
pub mod structured;
pub mod upload;

use std::{sync::Arc, time::Duration};

use axum::http::Method;
use coffer_domain::usecase::{Coffer, keynest::KeyNest};

pub use settings::{Args, Settings};

use crate::{
    app::App,
    http::{
        dialect::Dialect,
        rate::{Bucket, By, Rate, X_RATE_LIMIT},
        request_id::IdRule,
    },
};

/// This door's name.
pub const NAME: &str = coffer_domain::usecase::keynest::DOOR;

const BUCKETS: [Bucket; 4] = [
    Bucket {
        name: "user",
        usual: Some(Rate::in_minutes(1000, 60)),
        by: By::Signed,
        counts: |_, path| is_counted(path),
    },
    Bucket {
        name: "anonymous",
        usual: Some(Rate::in_minutes(100, 60)),
        by: By::Anonymous,
        counts: |_, path| is_counted(path),
    },
    Bucket {
        name: "burst",
        usual: Some(Rate::a_minute(50)),
        by: By::Haste,
        counts: |_, path| is_counted(path),
    },
    Bucket {
        name: "auth",
        usual: None,
        by: By::Address,
        counts: |method, path| method == Method::POST && auth::is_open(path),
    },
];

fn is_counted(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: "",
    routes: |_| routes::router(),
    aliases: &[
        ("/api/v1", "/api"),
        ("/environments", "/api/environments"),
        ("/projects", "/api/projects"),
    ],
    credential: auth::counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Ours,
    largest_body: upload::LARGEST_BODY,
    patience: Duration::from_mins(1),
    idempotency: false,
    echoes: None,
    revise: Some(|_, context, answer| error::revise(context, answer)),
    webhooks: None,
    subject: None,
    cors: Some(|app: &App| &app.keynest.settings.cors),
    openapi: Some(openapi::document),
};

/// What the handlers of this door share.
#[derive(Debug)]
pub struct Door {
    /// The use-cases.
    pub cases: KeyNest,
    /// What the server's configuration says.
    pub settings: Settings,
}

impl Door {
    /// Over `coffer`.
    pub fn new(coffer: &Coffer, settings: &Settings) -> Self {
        Self {
            cases: KeyNest::new(coffer.clone(), Arc::new(passwords::Argon2id::default())),
            settings: settings.clone(),
        }
    }
}
