//! What surrounds every request: its context, the catching of panics, common headers, metrics, the access log.
//! One plain future around the router, not a stack of layers that each box their own.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, Response, StatusCode, header},
};
use coffer_domain::usecase::Coffer;
use futures::FutureExt;
use hyper::{body::Incoming, service::Service as _};
use hyper_util::service::TowerToHyperService;

use super::{
    context::Context,
    request_id::{self, RequestIds},
};
use crate::{metrics::Metrics, native::error::Trouble};

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The surroundings of one listener's requests.
pub struct Shell {
    router: TowerToHyperService<Router>,
    coffer: Coffer,
    ids: RequestIds,
    metrics: Arc<Metrics>,
    access_log: bool,
}

impl Shell {
    /// Around `router`.
    pub fn new(router: Router, coffer: Coffer, metrics: Arc<Metrics>, access_log: bool) -> Self {
        let ids = RequestIds::new(coffer.entropy());
        Self {
            router: TowerToHyperService::new(router),
            coffer,
            ids,
            metrics,
            access_log,
        }
    }

    /// Answers one request.
    pub async fn answer(&self, mut request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        let started = Instant::now();
        let id = self
            .ids
            .take(request.headers().get(REQUEST_ID), self.coffer.clock());
        let context = Arc::new(Context::new(id, peer));
        request.extensions_mut().insert(Arc::clone(&context));
        let method = self.access_log.then(|| request.method().clone());
        let answer = AssertUnwindSafe(self.router.call(request)).catch_unwind().await;
        let mut response = answer.map_or_else(|_| panicked(), |Ok(response)| response);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id.header());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        self.metrics
            .answered(context.route(), response.status(), started.elapsed());
        if let Some(trouble) = response.extensions().get::<Trouble>() {
            tracing::error!(request = id.as_str(), route = context.route(), %trouble, "a request failed");
        }
        if let Some(method) = method {
            log(&context, &method, response.status(), started);
        }
        response
    }
}

/// One line; the route's template stands for the path, and the query is left out: either may hold a name.
fn log(context: &Context, method: &axum::http::Method, status: StatusCode, started: Instant) {
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(
        request = context.id.as_str(),
        peer = %context.peer,
        method = method.as_str(),
        route = context.route(),
        status = status.as_u16(),
        micros,
        "request"
    );
}

fn panicked() -> Response<Body> {
    crate::native::error::internal("a handler panicked")
}
