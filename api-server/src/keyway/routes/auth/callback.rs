//! `GET /auth/callback`: a browser comes back from GitHub, and with it the approval of a device code.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use coffer_domain::Error;

use crate::{
    app::App,
    http::{context::RequestContext, query::Query},
    keyway::{
        error::Problem,
        oauth::{self, Purpose},
        verify_page::{self, Notice, Tone},
    },
};

/// Approves the device code that the browser was sent away for, in the name of whoever consented there. One who
/// did not consent has refused it.
pub async fn callback(
    State(app): State<Arc<App>>,
    _: RequestContext,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let Some(sign_in) = &app.keyway.settings.sign_in else {
        return Err(Problem::missing("path"));
    };
    let (cases, query) = (&app.keyway.cases, Query::lenient(uri.query()));
    let (key, now) = (cases.signing_key().await?, app.coffer.clock().now());
    let state = query.text("state");
    let state = state.and_then(|state| oauth::read(&key, state, &headers, now));
    let Some((Purpose::Device { code: device }, callback)) =
        state.map(|state| (state.purpose, state.callback))
    else {
        return Ok(failed(
            "This link is over, or was begun in another browser. Start again.",
        ));
    };
    if query.text("error") == Some("access_denied") {
        cases.refuse_device(&device).await?;
        return Ok(verify_page::done(Notice::Denied));
    }
    let code = query.text("code").filter(|code| !code.is_empty());
    let token = match code {
        Some(code) => sign_in.exchange(code, &callback).await?,
        None => None,
    };
    let Some(token) = token else {
        return Ok(failed("GitHub does not confirm its consent. Start again."));
    };
    let session = match cases.session_of_forge(&token).await {
        Ok(session) => session,
        Err(Error::Unauthenticated(_)) => {
            return Ok(failed("GitHub does not say who you are. Start again."));
        }
        Err(other) => return Err(other.into()),
    };
    match cases.decide_device(&session, &device, true).await {
        Ok(true) => Ok(verify_page::done(Notice::Approved)),
        Ok(false) | Err(Error::Conflict(_)) => Ok(failed(Notice::Unknown.text())),
        Err(other) => Err(other.into()),
    }
}

fn failed(why: &str) -> Response {
    verify_page::told(StatusCode::BAD_REQUEST, "Not signed in", (Tone::Bad, why))
}
