//! Answers that are put away for whoever holds their token: asked for by `X-Vault-Wrap-TTL`, taken once at
//! `/v1/sys/wrapping/unwrap`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{Error, secret_json::SecretJson, usecase::kv2::PutAway};
use serde::Serialize;
use serde_json::Value;

use crate::{
    app::App,
    http::{context::RequestContext, respond},
    kv2::{
        NAME,
        ask::Wrappable,
        envelope::{self, WrapInfo},
        error::Fault,
        input::Input,
        token,
    },
};

/// An answer with this data: as it is, or put away where the request asks for that.
pub async fn answer<T: Serialize>(asked: &Wrappable, data: T) -> Result<Response, Fault> {
    let ask = &asked.ask;
    let Some(seconds) = asked.seconds else {
        return Ok(envelope::data(&ask.context, data));
    };
    let text = envelope::text(&ask.context, data)?;
    let path = ask.context.0.path();
    let path = path.strip_prefix("/v1/").unwrap_or(path);
    let put = ask
        .app
        .coffer
        .wrap_answer(&ask.caller, &ask.tenant, (path, text), seconds)
        .await?;
    shown(&ask.context, &put)
}

fn shown(context: &RequestContext, put: &PutAway) -> Result<Response, Fault> {
    let token = put.token.secret();
    let token = std::str::from_utf8(token.reveal())
        .map_err(|_| Error::Internal("a wrapping token is no text".to_owned()))?;
    let wrapped = &put.kept.body;
    let info = WrapInfo {
        token,
        accessor: &wrapped.accessor,
        ttl: wrapped.ttl,
        creation_time: put.kept.created_at.to_string(),
        creation_path: &wrapped.path,
    };
    Ok(envelope::wrapped(context, info))
}

/// Puts what the body holds away.
pub async fn wrap(asked: Wrappable, input: Input) -> Result<Response, Fault> {
    if asked.seconds.is_none() {
        return Err(Fault::bad("endpoint requires response wrapping to be used"));
    }
    answer(&asked, input.all()).await
}

/// The answer of a token: in the body, or the request's own.
pub async fn unwrap(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    let origin = context.0.origin(NAME);
    let taken = app.coffer.unwrap_answer(named(&headers, &input), &origin).await;
    let taken = told(&app, taken)?;
    let answer = SecretJson::parse(&taken);
    let answer = answer.map_err(|_| Error::Internal("a wrapped answer is no JSON".to_owned()))?;
    Ok(respond::json(StatusCode::OK, answer.reveal()))
}

/// Puts it away under another token.
pub async fn rewrap(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    let origin = context.0.origin(NAME);
    let moved = app.coffer.rewrap_answer(named(&headers, &input), &origin).await;
    shown(&context, &told(&app, moved)?)
}

/// What a wrapped answer is of.
#[derive(Debug, Serialize)]
struct Looked<'a> {
    creation_path: &'a str,
    creation_time: String,
    creation_ttl: i64,
}

/// What there is to know of it while it waits.
pub async fn lookup(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    let found = app.coffer.look_at_wrapped(named(&headers, &input)).await;
    let found = told(&app, found)?;
    let looked = Looked {
        creation_path: &found.body.path,
        creation_time: found.created_at.to_string(),
        creation_ttl: found.body.ttl,
    };
    Ok(envelope::data(&context, looked))
}

fn named<'a>(headers: &'a HeaderMap, input: &'a Input) -> &'a str {
    let named = input.member("token").and_then(Value::as_str);
    named.or_else(|| token(headers)).unwrap_or_default()
}

fn told<T>(app: &App, done: Result<T, Error>) -> Result<T, Fault> {
    done.map_err(|error| match error {
        Error::Unauthenticated(_) => {
            app.metrics.refused(NAME, &error);
            Fault::Credential("wrapping token is not valid or does not exist")
        }
        other => other.into(),
    })
}
