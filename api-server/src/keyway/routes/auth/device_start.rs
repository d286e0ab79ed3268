//! `POST /auth/device/start`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::usecase::keyway::DEVICE_LIFE;
use serde::Serialize;

use crate::{
    app::App,
    http::{context::RequestContext, respond},
    keyway::{
        address,
        error::Problem,
        model::repo::Repo,
        routes::{BASE, Unread},
    },
};

/// How long a device should wait between polls, in seconds.
const INTERVAL: u32 = 5;

/// A device code: its members stand alone and under `data`, as clients read either.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedOut<'a> {
    device_code: &'a str,
    user_code: &'a str,
    verification_uri: &'a str,
    verification_uri_complete: &'a str,
    expires_in: i64,
    interval: u32,
    github_app_install_url: &'a str,
}

/// Members that stand alone and under `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Twice<'a, T: Serialize> {
    #[serde(flatten)]
    bare: &'a T,
    data: &'a T,
    meta: Meta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    request_id: &'a str,
}

/// An answer whose members stand alone and under `data`.
pub fn twice<T: Serialize>(context: &RequestContext, body: &T) -> Response {
    let meta = Meta {
        request_id: context.0.id.as_str(),
    };
    let twice = Twice {
        bare: body,
        data: body,
        meta,
    };
    respond::json(StatusCode::OK, &twice)
}

/// Gives out a device code.
pub async fn start(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, Problem> {
    let mut fields = body.fields().await?;
    let repository = fields.text("repository")?;
    if let Some(repository) = &repository {
        Repo::parse("repository", repository)?;
    }
    fields.number("ownerId")?;
    fields.number("repoId")?;
    let started = app.keyway.cases.start_device(repository).await?;
    let page = format!(
        "{}{BASE}/auth/device/verify",
        address::own(&app, &context, &headers)
    );
    let complete = format!("{page}?user_code={}", started.user_code);
    let out = StartedOut {
        device_code: std::str::from_utf8(started.device_code.reveal()).unwrap_or_default(),
        user_code: &started.user_code,
        verification_uri: &page,
        verification_uri_complete: &complete,
        expires_in: DEVICE_LIFE.as_secs(),
        interval: INTERVAL,
        github_app_install_url: &app.keyway.settings.install_url,
    };
    Ok(twice(&context, &out))
}
