//! `POST /auth/device/poll`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{Error, id::UserId, secret_value::SecretValue, usecase::keyway::DeviceState};
use serde::Serialize;

use super::device_start::twice;
use crate::{
    app::App,
    http::{context::RequestContext, fields::MISSING},
    keyway::{error::Problem, jwt, model::Moment, routes::Unread},
};

#[derive(Serialize)]
struct StatusOut {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovedOut<'a> {
    status: &'static str,
    keyway_token: &'a str,
    github_login: &'a str,
    expires_at: Moment,
}

/// What became of a device code. What ended without approval is told with 200 too: on an error, clients poll on.
pub async fn poll(
    State(app): State<Arc<App>>,
    context: RequestContext,
    body: Unread,
) -> Result<Response, Problem> {
    let mut fields = body.fields().await?;
    let code = fields.secret("deviceCode")?.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| Problem::field("deviceCode", MISSING))?;
    let state = app.keyway.cases.poll_device(&code).await?;
    let told = match state.ok_or_else(|| Problem::missing("device code"))? {
        DeviceState::Approved(id) => return approved(&app, &context, id).await,
        DeviceState::Pending => StatusOut {
            status: "pending",
            error: None,
            message: None,
        },
        DeviceState::Expired => StatusOut {
            status: "expired",
            error: Some("device_code_expired"),
            message: Some("the device code has expired; start again"),
        },
        DeviceState::Denied => StatusOut {
            status: "denied",
            error: Some("authorization_denied"),
            message: Some("the request was refused"),
        },
    };
    Ok(twice(&context, &told))
}

async fn approved(app: &App, context: &RequestContext, id: UserId) -> Result<Response, Problem> {
    let cases = &app.keyway.cases;
    let gone = Error::Unauthenticated("the user does not exist any more");
    let account = cases.account(id).await?.ok_or(gone)?;
    let (user, now) = (account.body.user, app.coffer.clock().now());
    let (token, ends): (SecretValue, _) = jwt::issue(&cases.signing_key().await?, id, &user, now)?;
    let told = ApprovedOut {
        status: "approved",
        keyway_token: std::str::from_utf8(token.reveal()).unwrap_or_default(),
        github_login: &user.login,
        expires_at: Moment(ends),
    };
    Ok(twice(context, &told))
}
