//! `/v1/auth/token/…-self`: what a token says of itself, and its renewal and end.

use std::collections::BTreeMap;

use axum::{http::HeaderMap, response::Response};
use coffer_domain::{record::Kept, usecase::kv2::Session};
use jiff::Timestamp;
use serde::Serialize;

use crate::kv2::{
    ask::{Ask, Token},
    envelope::{self, Auth},
    error::Fault,
    input::{Input, seconds},
    token,
};

/// What every token may do, by name: the rights are its holder's grants.
pub const POLICIES: [&str; 1] = ["default"];

/// A token, to its holder.
#[derive(Debug, Serialize)]
struct TokenOut<'a> {
    accessor: String,
    creation_time: i64,
    creation_ttl: i64,
    display_name: String,
    entity_id: &'static str,
    expire_time: Option<String>,
    explicit_max_ttl: i64,
    id: &'a str,
    issue_time: String,
    meta: Option<&'a BTreeMap<String, String>>,
    num_uses: u32,
    orphan: bool,
    path: String,
    policies: [&'static str; 1],
    renewable: bool,
    ttl: i64,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What the sender's token is.
pub async fn lookup_self(ask: Ask, headers: HeaderMap) -> Result<Response, Fault> {
    let id = token(&headers).unwrap_or_default();
    let now = ask.context.0.arrived;
    let out = match &ask.token {
        Token::Session(session) => of_session(id, session, now),
        Token::Key(key) => {
            let times = ask.app.coffer.own_key_times(key).await?;
            let left = times.ends_at.map_or(0, |end| end.as_second() - now.as_second());
            let creation_ttl = times
                .ends_at
                .map_or(0, |end| end.as_second() - times.made_at.as_second());
            TokenOut {
                accessor: key.id.to_string(),
                creation_time: times.made_at.as_second(),
                creation_ttl,
                display_name: format!("token-{}", times.name.as_str()),
                entity_id: "",
                expire_time: times.ends_at.map(|end| end.to_string()),
                explicit_max_ttl: 0,
                id,
                issue_time: times.made_at.to_string(),
                meta: None,
                num_uses: 0,
                orphan: true,
                path: "auth/token/create".to_owned(),
                policies: POLICIES,
                renewable: false,
                ttl: left,
                kind: "service",
            }
        }
    };
    Ok(envelope::data(&ask.context, out))
}

fn of_session<'a>(id: &'a str, kept: &'a Kept<Session>, now: Timestamp) -> TokenOut<'a> {
    let session = &kept.body;
    TokenOut {
        accessor: session.accessor.clone(),
        creation_time: kept.created_at.as_second(),
        creation_ttl: session.ttl,
        display_name: session.display.clone(),
        entity_id: "",
        expire_time: Some(session.ends_at.to_string()),
        explicit_max_ttl: 0,
        id,
        issue_time: kept.created_at.to_string(),
        meta: Some(&session.meta),
        num_uses: 0,
        orphan: true,
        path: session.path.clone(),
        policies: POLICIES,
        renewable: true,
        ttl: session.ends_at.as_second() - now.as_second(),
        kind: "service",
    }
}

/// Lets the sender's session last longer.
pub async fn renew_self(ask: Ask, headers: HeaderMap, input: Input) -> Result<Response, Fault> {
    let Token::Session(_) = &ask.token else {
        return Err(Fault::bad("lease is not renewable"));
    };
    let wrong = || Fault::bad("increment must be a length of time such as 3600 or 1h");
    let asked = input.member("increment");
    let asked = asked
        .map(|length| seconds(length).ok_or_else(wrong))
        .transpose()?;
    let text = token(&headers).unwrap_or_default();
    let renewed = ask
        .app
        .coffer
        .renew_session(&ask.caller, text, asked.filter(|seconds| *seconds > 0))
        .await?;
    Ok(envelope::auth(
        &ask.context,
        shown(text, &renewed, renewed.updated_at),
    ))
}

/// Ends the sender's token: a session, or an API key if it may revoke keys.
pub async fn revoke_self(ask: Ask, headers: HeaderMap) -> Result<Response, Fault> {
    match &ask.token {
        Token::Session(_) => {
            let text = token(&headers).unwrap_or_default();
            ask.app.coffer.end_session(&ask.caller, text).await?;
        }
        Token::Key(key) => {
            ask.app
                .coffer
                .revoke_api_key(&ask.caller, &ask.tenant, key.id)
                .await?;
        }
    }
    Ok(envelope::done())
}

/// A session as logins and renewals show it.
pub fn shown<'a>(text: &'a str, kept: &'a Kept<Session>, now: Timestamp) -> Auth<'a> {
    let session = &kept.body;
    Auth {
        client_token: text,
        accessor: &session.accessor,
        policies: POLICIES,
        token_policies: POLICIES,
        metadata: &session.meta,
        lease_duration: session.ends_at.as_second() - now.as_second(),
        renewable: true,
        entity_id: "",
        token_type: "service",
        orphan: true,
        mfa_requirement: None,
        num_uses: 0,
    }
}
