//! Where a token is read (`Authorization: Token …`, or `Bearer …`), and who that is.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, Uri, header::AUTHORIZATION, request::Parts},
};
use coffer_domain::{
    Error,
    audit::Origin,
    usecase::keynest::{Actor, KeyNest},
};

use super::{NAME, error::Failure};
use crate::{
    app::App,
    http::{context::RequestContext, params},
};

/// The longest token looked at, in bytes.
const LONGEST: usize = 256;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
enum Header<'a> {
    /// Nothing that this door understands.
    Missing,
    /// A keyword, and then no token, or more than one word.
    Malformed,
    /// A token.
    Token(&'a str),
}

fn read(headers: &HeaderMap) -> Header<'_> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else {
        return Header::Missing;
    };
    let text = only.to_str().unwrap_or_default();
    let (keyword, token) = text.split_once(' ').unwrap_or((text, ""));
    if !keyword.eq_ignore_ascii_case("token") && !keyword.eq_ignore_ascii_case("bearer") {
        return Header::Missing;
    }
    match token.trim() {
        token if token.is_empty() || token.len() > LONGEST || token.contains(' ') => Header::Malformed,
        token => Header::Token(token),
    }
}

/// Whether a path needs no token: there a header says nothing of who asks, and counts for nothing.
pub fn is_open(path: &str) -> bool {
    matches!(path, "/api/auth/register" | "/api/auth/login")
}

/// The credential that a request is counted by.
pub fn counted(parts: &Parts) -> Option<String> {
    match read(&parts.headers) {
        Header::Token(token) if !is_open(parts.uri.path()) => Some(token.to_owned()),
        _ => None,
    }
}

/// An authenticated request.
pub struct Signed {
    /// Who sent it.
    pub actor: Actor,
    /// The rest of it.
    pub asked: Asked,
}

/// What every request says, whoever sent it.
pub struct Asked {
    /// The request's context.
    pub context: RequestContext,
    /// Its address, as the product knows it.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    params: RawPathParams,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        Ok(Self {
            context,
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            params: params::of(parts).await.map_err(|_| Failure::missing())?,
        })
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let asked = Asked::from_request_parts(parts, app).await;
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let token = match read(&parts.headers) {
            Header::Missing => return Err(Failure::unauthenticated()),
            Header::Malformed => return Err(Failure::bad_token()),
            Header::Token(token) => token,
        };
        let origin = origin(&context, &parts.headers);
        let actor = app.keynest.cases.actor(token, context.0.peer, origin).await;
        let actor = actor.inspect_err(|error| app.metrics.refused(NAME, error));
        let actor = actor.map_err(|error| match error {
            Error::Unauthenticated(_) => Failure::bad_token(),
            other => other.into(),
        })?;
        Ok(Self { actor, asked: asked? })
    }
}

fn origin(context: &RequestContext, headers: &HeaderMap) -> Origin {
    let agent = headers.get(axum::http::header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    Origin {
        agent: agent.map(|agent| agent.chars().take(256).collect()),
        ..context.0.origin(NAME)
    }
}

impl Asked {
    /// Where the request came from, for the audit log.
    pub fn origin(&self) -> Origin {
        origin(&self.context, &self.headers)
    }

    /// The number in the path; what is none names nothing.
    pub fn number(&self) -> Result<u64, Failure> {
        let text = params::get(&self.params, "id");
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.ok_or_else(Failure::missing)
    }
}

impl App {
    /// This door's use-cases.
    pub(super) fn nest(&self) -> &KeyNest {
        &self.keynest.cases
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn two_keywords_in_any_case_bring_one_token() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(text).unwrap());
            match read(&headers) {
                Header::Missing => "missing".to_owned(),
                Header::Malformed => "malformed".to_owned(),
                Header::Token(token) => token.to_owned(),
            }
        };
        for (text, expected) in [
            ("Token abc", "abc"),
            ("token abc", "abc"),
            ("Bearer abc", "abc"),
            ("BEARER abc", "abc"),
            ("Token", "malformed"),
            ("Token ", "malformed"),
            ("Token a b", "malformed"),
            ("Basic abc", "missing"),
            ("abc", "missing"),
            ("", "missing"),
        ] {
            assert_eq!(of(text), expected, "{text:?}");
        }
    }
}
