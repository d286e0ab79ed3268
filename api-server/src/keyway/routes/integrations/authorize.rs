//! `GET /integrations/{provider}/authorize`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use coffer_domain::{Error, repo_role::Scope};

use super::provider;
use crate::{
    app::App,
    http::query::Query,
    keyway::{
        address,
        auth::Signed,
        error::{FORBIDDEN, Problem},
        oauth::{self, Purpose, Sent},
        plan,
        redirect::redirect,
        routes::BASE,
    },
};

/// Sends a browser to a provider for consent.
pub async fn authorize(
    State(app): State<Arc<App>>,
    signed: Signed,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let provider = provider(&signed)?;
    let (user, _) = signed
        .session
        .account()
        .ok_or_else(|| Error::Refused("connections are a user's own, not a key's".to_owned()))?;
    let integration = app.keyway.cases.integration(provider)?;
    let own = address::own(&app, &signed.context, &headers);
    let back = back(&app, &own, &uri)?;
    plan::check_new_connection(&app, &signed, provider).await?;
    let callback = format!("{own}{BASE}/integrations/{}/callback", provider.as_str());
    let purpose = Purpose::Connect { user, provider, back };
    let Sent { state, cookie } = oauth::send(
        (&app.keyway.cases.signing_key().await?, app.coffer.entropy()),
        (purpose, callback.clone()),
        &format!("{}{BASE}/integrations", signed.context.0.mount()),
        app.coffer.clock().now(),
    )?;
    let Some(url) = integration.authorize_url(&state, &callback) else {
        let why = format!("{provider} is connected with by a token, not in a browser");
        return Err(Error::Refused(why).into());
    };
    redirect(&url, Some(cookie))
}

/// Where the browser is to go in the end: nowhere but to an origin that is configured, or to this server.
fn back(app: &App, own: &str, uri: &Uri) -> Result<Option<String>, Problem> {
    let query = Query::lenient(uri.query());
    let Some(wanted) = query.text("redirect_uri").filter(|wanted| !wanted.is_empty()) else {
        return Ok(None);
    };
    let foreign = || Problem::new(FORBIDDEN, "redirect_uri is not of an origin that is allowed");
    let origin = |text: &str| {
        let url = reqwest::Url::parse(text).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
    };
    let asked = origin(wanted).ok_or_else(foreign)?;
    let public = app.keyway.settings.public_url.as_deref().unwrap_or(own);
    let mut allowed = app
        .keyway
        .settings
        .return_origins
        .iter()
        .map(String::as_str)
        .chain([public]);
    if !allowed.any(|allowed| origin(allowed).as_ref() == Some(&asked)) {
        return Err(foreign());
    }
    Ok(Some(wanted.to_owned()))
}
