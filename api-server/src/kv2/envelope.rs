//! What every answer of this door is wrapped in.

use std::collections::BTreeMap;

use axum::{http::StatusCode, response::Response};
use coffer_domain::{Error, secret_value::SecretValue};
use serde::Serialize;

use crate::http::{context::RequestContext, respond};

/// An answer.
#[derive(Debug, Serialize)]
struct Envelope<'a, T> {
    request_id: &'a str,
    lease_id: &'static str,
    renewable: bool,
    lease_duration: i64,
    data: Option<T>,
    wrap_info: Option<WrapInfo<'a>>,
    warnings: Option<()>,
    auth: Option<Auth<'a>>,
}

/// Where an answer waits.
#[derive(Debug, Serialize)]
pub struct WrapInfo<'a> {
    /// What it is taken with.
    pub token: &'a str,
    /// Names it where its token must not be said.
    pub accessor: &'a str,
    /// For how many seconds it waits.
    pub ttl: i64,
    /// Since when.
    pub creation_time: String,
    /// What it answers.
    pub creation_path: &'a str,
}

/// What a login, or a renewal, gives.
#[derive(Debug, Serialize)]
pub struct Auth<'a> {
    /// The token.
    pub client_token: &'a str,
    /// Names it where it must not be said.
    pub accessor: &'a str,
    /// The names of what it may do.
    pub policies: [&'static str; 1],
    /// The same.
    pub token_policies: [&'static str; 1],
    /// What the way in says of its holder.
    pub metadata: &'a BTreeMap<String, String>,
    /// How long it lasts, in seconds.
    pub lease_duration: i64,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// Whom it stands for, which is nobody that could be asked for.
    pub entity_id: &'static str,
    /// What kind of token it is.
    pub token_type: &'static str,
    /// Whether it stands alone.
    pub orphan: bool,
    /// No second factor is asked for.
    pub mfa_requirement: Option<()>,
    /// How often it can be used; 0: as often as its holder likes.
    pub num_uses: u32,
}

/// An answer with this data.
pub fn data<T: Serialize>(context: &RequestContext, data: T) -> Response {
    with_status(StatusCode::OK, context, data)
}

/// The same with another status.
pub fn with_status<T: Serialize>(status: StatusCode, context: &RequestContext, data: T) -> Response {
    respond::json(status, &envelope(context, Some(data), None))
}

/// The same as a text.
pub fn text<T: Serialize>(context: &RequestContext, data: T) -> Result<SecretValue, Error> {
    let bytes = serde_json::to_vec(&envelope(context, Some(data), None));
    let bytes = bytes.map_err(|_| Error::Internal("an answer does not serialize".to_owned()))?;
    Ok(SecretValue::new(bytes))
}

/// That an answer waits elsewhere. The request's id is in the answer itself, as with a real server.
pub fn wrapped(context: &RequestContext, info: WrapInfo<'_>) -> Response {
    let answer = Envelope {
        request_id: "",
        wrap_info: Some(info),
        ..envelope::<()>(context, None, None)
    };
    respond::json(StatusCode::OK, &answer)
}

/// What a login, or a renewal, is answered.
pub fn auth(context: &RequestContext, auth: Auth<'_>) -> Response {
    respond::json(StatusCode::OK, &envelope::<()>(context, None, Some(auth)))
}

/// It was done, and there is nothing to say of it.
pub fn done() -> Response {
    respond::empty(StatusCode::NO_CONTENT)
}

/// The members of an answer that some clients look for beside `data`, too.
pub fn doubled(context: &RequestContext, members: &serde_json::Map<String, serde_json::Value>) -> Response {
    let envelope = envelope(context, Some(members), None);
    let mut all = serde_json::to_value(&envelope).unwrap_or_default();
    if let Some(all) = all.as_object_mut() {
        for (name, value) in members {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    respond::json(StatusCode::OK, &all)
}

fn envelope<'a, T>(context: &'a RequestContext, data: Option<T>, auth: Option<Auth<'a>>) -> Envelope<'a, T> {
    Envelope {
        request_id: context.0.id.as_str(),
        lease_id: "",
        renewable: false,
        lease_duration: 0,
        data,
        wrap_info: None,
        warnings: None,
        auth,
    }
}
