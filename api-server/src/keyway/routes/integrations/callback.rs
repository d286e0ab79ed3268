//! `GET /integrations/{provider}/callback`

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use coffer_domain::{
    Error,
    integration::Provider,
    usecase::keyway::{Activity, Session},
};
use serde_json::json;

use crate::{
    app::App,
    http::{context::RequestContext, query::Query},
    keyway::{
        NAME,
        error::Problem,
        notes,
        oauth::{self, Purpose},
        plan,
        redirect::redirect,
        verify_page::{self, Tone},
    },
};

const OVER: &str = "This link is over, or was begun in another browser. Start again.";
const UNCONFIRMED: &str =
    "The provider does not confirm its consent now. Nothing was connected; start again.";

/// Takes a browser back that a provider sends, with a code if its user consented.
pub async fn callback(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Problem> {
    let named = path.ok().and_then(|Path(name)| Provider::parse(&name));
    let asked = named.ok_or_else(|| Problem::missing("provider"))?;
    let query = Query::lenient(uri.query());
    let (key, now) = (app.keyway.cases.signing_key().await?, app.coffer.clock().now());
    let state = query.text("state");
    let Some(state) = state.and_then(|state| oauth::read(&key, state, &headers, now)) else {
        return Ok(failed(OVER));
    };
    let callback = state.callback;
    let Purpose::Connect { user, provider, back } = state.purpose else {
        return Ok(failed(OVER));
    };
    if provider != asked {
        return Ok(failed("This link is for another provider. Start again."));
    }
    let code = query.text("code").filter(|code| !code.is_empty());
    let Some(code) = code.filter(|_| query.text("error").is_none()) else {
        return Ok(failed(
            "The provider did not give its consent. Nothing was connected.",
        ));
    };
    let connected = connect(&app, &context, (user, provider), (code, &callback)).await;
    let session = match connected {
        Ok(Some(session)) => session,
        Ok(None) => return Ok(failed(plan::TOO_MANY_CONNECTIONS)),
        Err(Error::Refused(_) | Error::NotFound { .. } | Error::Unavailable(_)) => {
            return Ok(failed(UNCONFIRMED));
        }
        Err(Error::Unauthenticated(_)) => return Ok(failed("There is no such account any more.")),
        Err(other) => return Err(other.into()),
    };
    app.keyway.note(Activity {
        actor: session.actor(),
        action: "integration_connected".into(),
        platform: "web".into(),
        metadata: notes::about([("provider", json!(provider.as_str()))]),
        address: context.0.peer,
        user_agent: notes::agent_of(&headers),
        at: now,
    });
    match back {
        Some(back) => redirect(&back, None),
        None => Ok(connected_page(provider, &session)),
    }
}

/// Connects in the name of a user; `None` if their plan has no room for it.
async fn connect(
    app: &App,
    context: &RequestContext,
    (user, provider): (coffer_domain::id::UserId, Provider),
    consent: (&str, &str),
) -> Result<Option<Session>, Error> {
    let cases = &app.keyway.cases;
    let session = cases.session_of(user).await?;
    let (most, origin) = (plan::most_connections(app), context.0.origin(NAME));
    let made = cases
        .connect_with_code(&session, provider, consent, most, origin)
        .await?;
    Ok(made.map(|_| session))
}

/// It names the account: whoever was led here by another sees that it is not theirs.
fn connected_page(provider: Provider, session: &Session) -> Response {
    let account = session.account();
    let login = account.map_or("", |(_, kept)| kept.body.user.login.as_str());
    let text = format!("{provider} is connected with the Keyway account {login}. You can close this page.");
    verify_page::told(StatusCode::OK, "Connected", (Tone::Good, &text))
}

fn failed(why: &str) -> Response {
    verify_page::told(StatusCode::BAD_REQUEST, "Not connected", (Tone::Bad, why))
}
