//! What a dialect is to the shared mechanics: data and a few functions. Everything else of it is its own.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts, uri::PathAndQuery},
    response::Response,
};

use coffer_domain::usecase::outbox::Due;
use jiff::Timestamp;

use super::{
    context::Context,
    cors::Cors,
    rate::{Bucket, HeaderNames},
    request_id::IdRule,
};
use crate::app::App;

/// What an answer repeats of its request's headers.
pub type Echo = fn(&HeaderMap) -> Option<(HeaderName, HeaderValue)>;

/// A way of speaking with Coffer that clients know from another product.
#[derive(Debug)]
pub struct Dialect {
    /// Its name: of its mount (`/<name>`), in the configuration, in the audit log and in metrics.
    pub name: &'static str,
    /// What its clients append paths to, below the mount: `/v1`, or nothing.
    pub base: &'static str,
    /// Its routes, by the product's own paths.
    pub routes: fn(&Arc<App>) -> Router<Arc<App>>,
    /// Path prefixes that stand for another one, such as `/api/v1` for `/v1`.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The credential that a request is counted by; it need not be a good one.
    pub credential: fn(&Parts) -> Option<String>,
    /// Says no in the dialect's own shape.
    pub refuse: fn(&Refusal) -> Response,
    /// Its rate limits.
    pub buckets: &'static [Bucket],
    /// The dialect in whose windows its requests are counted, where that is another one.
    pub counted_with: Option<&'static str>,
    /// How it names their headers.
    pub rate_headers: &'static HeaderNames,
    /// What becomes of a request id that a client sends.
    pub ids: IdRule,
    /// The largest body, in bytes: no handler can read more. JSON ends at [`super::body::LARGEST`] in any case.
    pub largest_body: usize,
    /// How long a handler may take.
    pub patience: Duration,
    /// Whether `Idempotency-Key` counts. What is kept is the handler's answer, before [`Dialect::revise`]: not for a
    /// dialect whose bodies are written there.
    pub idempotency: bool,
    /// What of a request's headers every answer repeats.
    pub echoes: Option<Echo>,
    /// Looks at an answer once more, knowing who asked.
    pub revise: Option<fn(&App, &Context, Response) -> Response>,
    /// If its requests go to the organization's request log: what one is about, by its route's template.
    pub subject: Option<fn(&str) -> &'static str>,
    /// How its webhooks' deliveries say what they are about; `None`: it has no webhooks.
    pub webhooks: Option<WebhookHeaders>,
    /// Which pages of other origins may speak with it; `None`: none.
    pub cors: Option<fn(&App) -> &Cors>,
    /// Its OpenAPI document; `None`: what it speaks is not described by one.
    pub openapi: Option<fn() -> String>,
}

/// The headers of a delivery.
#[derive(Debug, Clone, Copy)]
pub struct WebhookHeaders {
    /// Holds the event's name.
    pub event: &'static str,
    /// Holds `sha256=` and the body's signature.
    pub signature: &'static str,
    /// Writes the body, and more headers, if the dialect has ways of its own; called at each attempt.
    pub shape: Option<fn(&Due, Timestamp) -> Shaped>,
}

/// A delivery in a dialect's own words.
#[derive(Debug)]
pub struct Shaped {
    /// The body: JSON.
    pub body: String,
    /// How the dialect calls the event.
    pub event: String,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
}

/// Why a request ended before, or in spite of, its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such path.
    UnknownPath,
    /// The path takes other methods.
    WrongMethod,
    /// One request too many; the next is taken in so many seconds.
    RateLimited(i64),
    /// Too many credentials from this address were refused; the next is looked at in so many seconds.
    TooManyFailures(i64),
    /// The body is larger than [`Dialect::largest_body`], or broke off.
    TooLarge,
    /// The idempotency key is none.
    BadKey,
    /// The idempotency key came with another request before.
    KeyReused,
    /// A request under the same idempotency key is still being answered.
    KeyBusy,
    /// The handler panicked.
    Panicked,
    /// The handler took longer than [`Dialect::patience`].
    Slow,
}

impl Dialect {
    /// The router of all its routes, which refuses everything else in its own shape.
    pub(crate) fn router(&'static self, app: Arc<App>) -> Router {
        let mut router = (self.routes)(&app);
        if let Some(document) = self.openapi {
            let told = axum::routing::get(async move || super::respond::document(document()));
            router = router.route("/openapi.json", told);
        }
        router
            .fallback(async || (self.refuse)(&Refusal::UnknownPath))
            .method_not_allowed_fallback(async || (self.refuse)(&Refusal::WrongMethod))
            .with_state(app)
    }

    /// The path that its router knows for `path`: without an alias, without one trailing slash.
    pub(crate) fn canonical(&self, path: &str, query: Option<&str>) -> Option<PathAndQuery> {
        let alias = self.aliases.iter().find_map(|(alias, prefix)| {
            let rest = path.strip_prefix(alias)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{prefix}{rest}"))
        });
        let path = alias.as_deref().unwrap_or(path);
        let path = path
            .strip_suffix('/')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(path);
        let slash = if path.starts_with('/') { "" } else { "/" };
        // In one piece of just that length, which becomes the path as it is.
        let text = match query {
            Some(query) => [slash, path, "?", query].concat(),
            None => [slash, path].concat(),
        };
        PathAndQuery::try_from(text).ok()
    }
}
