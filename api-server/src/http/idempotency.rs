//! `Idempotency-Key`: a request that is sent again under its key is answered as it was the first time, and is not
//! done again. A key belongs to whoever sent it; the answer is kept sealed for a day.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context as Digest, SHA256, digest};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, Method, Request, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::Response,
};
use bytes::Bytes;
use coffer_domain::{
    Error,
    id::OrgId,
    principal::Principal,
    record::Kept,
    replay::{KeptAnswer, Replay},
    secret_value::SecretValue,
    usecase::replays::Claim,
};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::{
    context::Context,
    dialect::{Dialect, Refusal},
};
use crate::app::App;

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key, in bytes.
const LONGEST_KEY: usize = 255;
/// The largest answer that is kept, in bytes; a larger one is sent and not kept.
const LARGEST_ANSWER: usize = 128 * 1024;
/// How often to look whether a request under way has been answered, and how many times.
const PACE: Duration = Duration::from_millis(50);
const LOOKS: usize = 200;

/// Whether a request is to be done once only.
pub fn applies(dialect: &Dialect, request: &Request<Body>) -> bool {
    dialect.idempotency
        && (request.method() == Method::POST || request.method() == Method::PUT)
        && request.headers().contains_key(HEADER)
}

/// Answers a request for which [`applies`] holds.
pub async fn once(
    app: &App,
    dialect: &Dialect,
    router: &TowerToHyperService<Router>,
    request: Request<Body>,
    credential: Option<&str>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let Some((organization, principal)) = sender(app, &parts, credential).await else {
        // Nobody, or nobody whose answers could be kept: the door says what there is to say.
        return Ok(call(router, Request::from_parts(parts, body)).await);
    };
    let key = key(dialect, &parts, &principal).ok_or(Refusal::BadKey)?;
    // The shell let no more through than the dialect takes.
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Refusal::TooLarge)?;
    let hash = hash(&parts, &body);
    match claim(app, organization, &key, &hash).await {
        Ok(Claim::First(claim)) => {
            let answer = call(router, Request::from_parts(parts, Body::from(body))).await;
            settle(app, &claim, answer).await
        }
        Ok(Claim::Answered(kept)) => Ok(replayed(&kept)),
        Ok(Claim::UnderWay) => Err(Refusal::KeyBusy),
        Ok(Claim::Other) => Err(Refusal::KeyReused),
        Err(error) => {
            tracing::error!(%error, "an idempotency key could not be looked up");
            Err(Refusal::Panicked)
        }
    }
}

/// Claims the key; while another request is being answered under it, waits for that.
async fn claim(app: &App, organization: OrgId, key: &str, hash: &str) -> Result<Claim, Error> {
    let mut claim = app.coffer.claim_replay(organization, key, hash).await?;
    for _ in 0..LOOKS {
        if !matches!(claim, Claim::UnderWay) {
            break;
        }
        sleep(PACE).await;
        claim = app.coffer.claim_replay(organization, key, hash).await?;
    }
    Ok(claim)
}

async fn sender(app: &App, parts: &Parts, credential: Option<&str>) -> Option<(OrgId, String)> {
    let address = parts.extensions.get::<Arc<Context>>().map(|context| context.peer);
    let principal = app.coffer.authenticate_from(credential?, address).await.ok()?;
    let organization = match &principal {
        Principal::ApiKey(key) => key.organization,
        Principal::User(user) => user.home,
        Principal::External(subject) => subject.home,
        Principal::Workload(_) | Principal::Controller => return None,
    };
    Some((organization, principal.describe()))
}

/// The name under which an answer is kept: of this door, this sender, this key.
fn key(dialect: &Dialect, parts: &Parts, principal: &str) -> Option<String> {
    let mut given = parts.headers.get_all(HEADER).iter();
    let (only, None) = (given.next()?, given.next()) else {
        return None;
    };
    let bytes = only.as_bytes();
    let good =
        (1..=LONGEST_KEY).contains(&bytes.len()) && bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    good.then(|| {
        format!(
            "{}:{principal}:{}",
            dialect.name,
            hex::encode(digest(&SHA256, bytes))
        )
    })
}

fn hash(parts: &Parts, body: &[u8]) -> String {
    let mut hash = Digest::new(&SHA256);
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    // A dialect's regions are told apart by a header: the same request for another region is another one.
    let region = parts
        .headers
        .get("x-region")
        .map_or(&b""[..], HeaderValue::as_bytes);
    for part in [parts.method.as_str().as_bytes(), path.as_bytes(), region, body] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finish())
}

async fn call(router: &TowerToHyperService<Router>, request: Request<Body>) -> Response {
    let Ok(response) = router.call(request).await;
    response
}

/// Keeps the answer, or lets the request be tried again if it failed on our side or for want of a credential.
async fn settle(app: &App, claim: &Kept<Replay>, answer: Response) -> Result<Response, Refusal> {
    let status = answer.status();
    let passing = status.is_server_error()
        || status == StatusCode::UNAUTHORIZED
        || status == StatusCode::TOO_MANY_REQUESTS;
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Refusal::Panicked)?;
    let told = if passing || body.len() > LARGEST_ANSWER {
        app.coffer.release_claim(claim).await
    } else {
        let kind = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kept = KeptAnswer {
            status: status.as_u16(),
            content_type: kind.unwrap_or("application/json").to_owned(),
            body: SecretValue::new(&*body),
        };
        app.coffer.keep_answer(claim, kept).await
    };
    if let Err(error) = told {
        tracing::error!(%error, "the answer under an idempotency key was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(kept: &KeptAnswer) -> Response {
    let body = Bytes::from_owner(Zeroizing::new(kept.body.reveal().to_vec()));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kept.content_type) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(
        axum::http::header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
