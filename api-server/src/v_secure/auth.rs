//! `Authorization: Bearer <key>`, or else `X-API-Key: <key>`, to callers that the domain knows; `X-Region` to a region.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header::USER_AGENT, request::Parts},
};
use coffer_domain::{Error, audit::Origin, principal::Principal, usecase::Caller};

use super::{
    NAME,
    error::ApiError,
    place::{Account, Region},
};
use crate::{
    app::App,
    http::{
        bearer,
        context::{RequestContext, Signer},
        fields::FieldFault,
    },
};

/// How keys of this door begin; production, sandbox, and what one example of the original shows.
const PREFIXES: [&str; 3] = ["vsec_live_", "vsec_test_", "vsec_key_"];
/// How keys of the native door begin.
const NATIVE: &str = "coffer_";
/// Names a region, of a request and of its answer.
const REGION: HeaderName = HeaderName::from_static("x-region");
/// How tokens of approved access begin.
const ACCESS: &str = "mcp_access_token_";

const MISSING: Error = Error::Unauthenticated("API key missing or invalid");

/// An authenticated request.
pub struct Signed {
    /// Who sent it.
    pub caller: Caller,
    /// Whose data it is about.
    pub account: Account,
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

fn is_key(token: &str) -> bool {
    let rest = PREFIXES.iter().find_map(|prefix| token.strip_prefix(prefix));
    let plain = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    rest.is_some_and(plain) || token.starts_with(NATIVE)
}

/// The API key of a request, unless what stands in its place is a token for approved access.
pub fn key(headers: &HeaderMap) -> Option<&str> {
    bearer::token(headers)
        .filter(|token| !token.starts_with(ACCESS))
        .or_else(|| header(headers, "x-api-key"))
}

/// What a request is counted by.
pub fn counted(parts: &Parts) -> Option<String> {
    let found = key(&parts.headers).or_else(|| bearer::token(&parts.headers));
    found.map(str::to_owned)
}

/// The token for approved access that a request carries.
pub fn access_token(headers: &HeaderMap) -> Option<String> {
    let own = header(headers, "x-mcp-access-token");
    own.or_else(|| bearer::token(headers).filter(|token| token.starts_with(ACCESS)))
        .map(str::to_owned)
}

/// Where a request came from, for the audit log.
pub fn origin(parts: &Parts, context: &RequestContext) -> Origin {
    Origin {
        agent: parts
            .headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(str::to_owned),
        ..context.0.origin(NAME)
    }
}

/// The region that a request is confined to.
pub fn region(headers: &HeaderMap) -> Result<Option<Region>, FieldFault> {
    let known = || Region::ALL.map(Region::as_str).join(", ");
    let read = |text: &str| {
        Region::parse(text).ok_or_else(|| FieldFault::new("X-Region", format!("must be one of {}", known())))
    };
    header(headers, REGION.as_str()).map(read).transpose()
}

/// Says on the answer which region the request was confined to.
pub fn echo(headers: &HeaderMap) -> Option<(HeaderName, HeaderValue)> {
    let region = region(headers).ok().flatten()?;
    Some((REGION, HeaderValue::from_static(region.as_str())))
}

/// The account of a key.
pub async fn account(app: &App, caller: &Caller, region: Option<Region>) -> Result<Account, Error> {
    let found = app.coffer.own_organization(caller).await?.ok_or(MISSING)?;
    Ok(Account {
        name: found.name,
        id: found.id,
        region,
    })
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let token = key(&parts.headers).filter(|token| is_key(token)).ok_or(MISSING)?;
        let found = app.coffer.authenticate_from(token, Some(context.0.peer)).await;
        let principal = found.inspect_err(|error| app.metrics.refused(NAME, error))?;
        if let Principal::ApiKey(key) = &principal {
            context.0.sign(|| Signer {
                organization: key.organization,
                principal: principal.describe(),
                kind: "key",
            });
        }
        let caller = Caller {
            principal,
            origin: origin(parts, &context),
        };
        let region = region(&parts.headers)?;
        let account = account(app, &caller, region).await?;
        Ok(Self { caller, account })
    }
}
