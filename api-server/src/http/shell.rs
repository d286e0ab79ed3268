//! What surrounds every request: its context, the dialect it is for, rate limits, the catching of panics, common
//! headers, metrics, the access log. One plain future around the router, not a stack of layers that each box
//! their own.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
        request::Parts,
    },
};
use futures::FutureExt;
use http_body_util::Limited;
use hyper::{body::Incoming, service::Service as _};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    bearer,
    context::{Context, Signer},
    dialect::Refusal,
    forwarded::TrustedProxies,
    idempotency,
    mount::{Mounted, Mounts},
    rate::{Rate, RefusedCredential, Standing},
    request_id::{self, IdRule, RequestIds},
    request_log::{Line, shown_path},
    transport::Transport,
};
use crate::{
    app::App,
    native::error::{self, Trouble},
};

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The surroundings of one listener's requests.
pub struct Shell {
    router: TowerToHyperService<Router>,
    mounts: Mounts,
    proxies: TrustedProxies,
    app: Arc<App>,
    ids: RequestIds,
    access_log: bool,
}

/// What is known of a request before it is answered.
struct Arrival {
    started: Instant,
    at: Timestamp,
    context: Arc<Context>,
    method: Method,
}

impl Shell {
    /// Around `router`, and the dialects of `mounts` beside it.
    pub fn new(
        router: Router,
        mounts: Mounts,
        proxies: TrustedProxies,
        app: Arc<App>,
        access_log: bool,
    ) -> Self {
        Self {
            router: TowerToHyperService::new(router),
            mounts,
            proxies,
            ids: RequestIds::new(app.coffer.entropy()),
            app,
            access_log,
        }
    }

    /// Answers one request, which came from `peer` over `transport`.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        transport: Transport,
    ) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let asked = parts.uri.clone();
        let mounted = self.mounts.find(&mut parts);
        let transport = Transport {
            proxied: self.proxies.trusts(peer),
            ..transport
        };
        let arrival = self.arrive(&mut parts, (peer, asked, transport), mounted);
        let mut response = match mounted {
            None => self.native(Request::from_parts(parts, body), &arrival).await,
            Some(mounted) => {
                self.speak(mounted, Request::from_parts(parts, body), &arrival)
                    .await
            }
        };
        let id = arrival.context.id.header();
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        self.tell(mounted, &arrival, &response);
        response
    }

    fn arrive(
        &self,
        parts: &mut Parts,
        (peer, asked, transport): (IpAddr, Uri, Transport),
        mounted: Option<&Mounted>,
    ) -> Arrival {
        let (clock, entropy) = (self.app.coffer.clock(), self.app.coffer.entropy());
        let rule = mounted.map_or(IdRule::Ours, |mounted| mounted.dialect.ids);
        let id = self
            .ids
            .take_by(rule, parts.headers.get(rule.header()), clock, entropy);
        let client = self.proxies.client(peer, &parts.headers);
        let at = clock.now();
        let context = Context::new(id, client).of(asked, parts.uri.clone()).at(at);
        let context = Arc::new(context.over(transport));
        parts.extensions.insert(Arc::clone(&context));
        Arrival {
            started: Instant::now(),
            at,
            context,
            method: parts.method.clone(),
        }
    }

    /// The doors that are no dialect.
    async fn native(&self, request: Request<Incoming>, arrival: &Arrival) -> Response<Body> {
        let (address, failures) = (arrival.context.peer, &self.app.failures);
        if let Some(wait) = failures.wait(address, bearer::token(request.headers()), arrival.at) {
            return error::refuse(&Refusal::TooManyFailures(wait));
        }
        let credential = failures
            .is_alert(arrival.at)
            .then(|| bearer::token(request.headers()).map(str::to_owned))
            .flatten();
        let answer = AssertUnwindSafe(self.router.call(request)).catch_unwind().await;
        let response = answer.map_or_else(|_| error::refuse(&Refusal::Panicked), |Ok(response)| response);
        let refused = response.status() == StatusCode::UNAUTHORIZED;
        failures.note(address, credential.as_deref(), refused, arrival.at);
        response
    }

    /// A dialect: counted, bounded in time, and refused in its own shape.
    async fn speak(
        &self,
        mounted: &Mounted,
        request: Request<Incoming>,
        arrival: &Arrival,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let (dialect, address) = (mounted.dialect, arrival.context.peer);
        let cors = dialect.cors.map(|of| of(&self.app));
        if let Some(answer) = cors.and_then(|cors| cors.preflight(&parts)) {
            return answer;
        }
        let origin = cors.and_then(|_| parts.headers.get(header::ORIGIN).cloned());
        let credential = (dialect.credential)(&parts);
        let shown = dialect.subject.map(|_| shown_path(&parts.uri));
        let echo = dialect.echoes.and_then(|of| of(&parts.headers));
        let own = self.own_rate(mounted, credential.as_deref(), arrival).await;
        let standing = mounted.limiter.take_at(
            own,
            (&parts.method, parts.uri.path()),
            credential.as_deref(),
            address,
            arrival.at,
        );
        let refusal = self.refusal(standing, credential.as_deref(), arrival);
        let mut response = if let Some(refusal) = refusal {
            (dialect.refuse)(&refusal)
        } else {
            let body = Body::new(Limited::new(body, dialect.largest_body));
            let request = Request::from_parts(parts, body);
            let handled = self.handle(mounted, request, credential.as_deref());
            match timeout(dialect.patience, AssertUnwindSafe(handled).catch_unwind()).await {
                Ok(Ok(Ok(response))) => response,
                Ok(Ok(Err(refusal))) => (dialect.refuse)(&refusal),
                Ok(Err(_)) => (dialect.refuse)(&Refusal::Panicked),
                Err(_) => (dialect.refuse)(&Refusal::Slow),
            }
        };
        if let Some(revise) = dialect.revise {
            response = revise(&self.app, &arrival.context, response);
        }
        if refusal.is_none() {
            let refused = response.status() == StatusCode::UNAUTHORIZED
                || response.extensions().get::<RefusedCredential>().is_some();
            self.app
                .failures
                .note(address, credential.as_deref(), refused, arrival.at);
        }
        head(mounted, standing, refusal, arrival.at, response.headers_mut());
        response.headers_mut().extend(echo);
        if let Some(cors) = cors {
            cors.show(origin.as_ref(), response.headers_mut());
        }
        if let Some(shown) = shown {
            self.keep(mounted, shown, arrival, response.status());
        }
        response
    }

    /// The rate that the key of a credential says, where the dialect asks for it. Its requests are then told in the
    /// request log even if they are one too many.
    async fn own_rate(&self, mounted: &Mounted, credential: Option<&str>, arrival: &Arrival) -> Option<Rate> {
        let token = credential.filter(|_| mounted.limiter.asks_keys())?;
        let counted = match self.app.coffer.counted_as(token).await {
            Ok(counted) => counted?,
            Err(error) => {
                tracing::warn!(%error, "a key's own rate could not be looked up");
                return None;
            }
        };
        arrival.context.sign(|| Signer {
            organization: counted.organization,
            principal: counted.principal.describe(),
            kind: "key",
        });
        let rate = counted.rate?;
        Some(Rate {
            most: rate.requests,
            seconds: rate.seconds,
        })
    }

    /// Has a dialect's handler answer; once only, if the request says so.
    async fn handle(
        &self,
        mounted: &Mounted,
        request: Request<Body>,
        credential: Option<&str>,
    ) -> Result<Response<Body>, Refusal> {
        if idempotency::applies(mounted.dialect, &request) {
            return idempotency::once(&self.app, mounted.dialect, &mounted.router, request, credential).await;
        }
        let Ok(response) = mounted.router.call(request).await;
        Ok(response)
    }

    fn refusal(
        &self,
        standing: Option<Standing>,
        credential: Option<&str>,
        arrival: &Arrival,
    ) -> Option<Refusal> {
        let exceeded = standing.filter(|standing| standing.exceeded);
        let limited = exceeded.map(|standing| Refusal::RateLimited(standing.wait(arrival.at)));
        let failed = || {
            self.app
                .failures
                .wait(arrival.context.peer, credential, arrival.at)
        };
        limited.or_else(|| failed().map(Refusal::TooManyFailures))
    }

    /// A line for the organization's request log, if the dialect has one and the request had a sender.
    fn keep(&self, mounted: &Mounted, path: String, arrival: &Arrival, status: StatusCode) {
        if let (Some(subject), Some(signer)) = (mounted.dialect.subject, arrival.context.signer()) {
            self.app.requests.note(Line {
                signer: Arc::clone(signer),
                id: arrival.context.id,
                at: arrival.at,
                method: arrival.method.clone(),
                door: mounted.dialect.name,
                subject: subject(arrival.context.route()),
                path,
                status: status.as_u16(),
                address: arrival.context.peer,
                micros: micros(arrival.started),
            });
        }
    }

    /// Metrics, and the logs of the process.
    fn tell(&self, mounted: Option<&Mounted>, arrival: &Arrival, response: &Response<Body>) {
        let (context, status) = (&arrival.context, response.status());
        let (route, took) = (context.route(), arrival.started.elapsed());
        match mounted {
            None => self.app.metrics.answered(route, status, took),
            Some(mounted) => self
                .app
                .metrics
                .answered_by(mounted.dialect.name, route, status, took),
        }
        if let Some(trouble) = response.extensions().get::<Trouble>() {
            tracing::error!(request = context.id.as_str(), route, %trouble, "a request failed");
        }
        if self.access_log {
            log(mounted, arrival, status);
        }
    }
}

/// Says where a request stands in its buckets, and how long to wait where that is known.
fn head(
    mounted: &Mounted,
    standing: Option<Standing>,
    refusal: Option<Refusal>,
    now: Timestamp,
    headers: &mut HeaderMap,
) {
    if let Some(Refusal::TooManyFailures(wait)) = refusal {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    if let Some(standing) = standing {
        mounted.limiter.show(&standing, now, headers);
    }
}

/// One line; the route's template stands for the path, and the query is left out: either may hold a name, and
/// some dialects take credentials in the query.
fn log(mounted: Option<&Mounted>, arrival: &Arrival, status: StatusCode) {
    tracing::info!(
        request = arrival.context.id.as_str(),
        peer = %arrival.context.peer,
        dialect = mounted.map_or("none", |mounted| mounted.dialect.name),
        method = arrival.method.as_str(),
        route = arrival.context.route(),
        status = status.as_u16(),
        micros = micros(arrival.started),
        "request"
    );
}

fn micros(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}
