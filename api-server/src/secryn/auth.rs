//! `Authorization: Bearer <token>`, and `?access_key=<token>` on what is read below a vault, to callers that the
//! domain knows.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
    response::Response,
};
use coffer_domain::{
    Error,
    entity::Purpose,
    name::OrgName,
    principal::Principal,
    usecase::{Caller, Coffer},
};

use super::{NAME, error::ApiError};
use crate::{
    app::App,
    http::{
        bearer,
        context::{RequestContext, Signer},
        query::Query,
    },
};

/// The parameter, and below which path it counts.
const PARAMETER: &str = "access_key";
const BELOW: &str = "/v1/vaults/";

const MISSING: Error = Error::Unauthenticated("send Authorization: Bearer with an API key");

/// How the request log calls a token that stands for somebody with an account.
pub const OF_ACCOUNT: &str = "user";

/// An authenticated request.
pub struct Signed(pub Caller);

/// The callers that a read below a vault may be one of: the header's, then the parameter's. Whichever is
/// allowed is the one.
pub struct Either(Vec<Caller>);

/// What a request is counted by: the header's token, or else the parameter's.
pub fn counted(parts: &Parts) -> Option<String> {
    bearer::token(&parts.headers)
        .map(str::to_owned)
        .or_else(|| parameter(parts))
}

fn parameter(parts: &Parts) -> Option<String> {
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    if !reads || !parts.uri.path().starts_with(BELOW) {
        return None;
    }
    let query = Query::lenient(parts.uri.query());
    query.text(PARAMETER).map(str::to_owned)
}

async fn caller(app: &App, context: &RequestContext, token: &str) -> Result<Caller, Error> {
    let found = app.coffer.authenticate_from(token, Some(context.0.peer)).await;
    let principal = found.inspect_err(|error| app.metrics.refused(NAME, error))?;
    if let Principal::ApiKey(key) = &principal {
        context.0.sign(|| Signer {
            organization: key.organization,
            principal: principal.describe(),
            kind: kind(&principal),
        });
    }
    Ok(Caller {
        principal,
        origin: context.0.origin(NAME),
    })
}

/// What kind of credential it was, for the request log.
fn kind(principal: &Principal) -> &'static str {
    match principal {
        Principal::ApiKey(key) => match key.purpose {
            Purpose::General => OF_ACCOUNT,
            Purpose::Vault(_) => "access_key",
            Purpose::Item(_) => "public_token",
        },
        Principal::User(_) | Principal::Workload(_) | Principal::External(_) | Principal::Controller => {
            OF_ACCOUNT
        }
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let token = bearer::token(&parts.headers).ok_or(MISSING)?;
        Ok(Self(caller(app, &context, token).await?))
    }
}

impl FromRequestParts<Arc<App>> for Either {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let (parameter, mut callers, mut refusal) = (parameter(parts), Vec::new(), MISSING);
        let tokens = bearer::token(&parts.headers)
            .into_iter()
            .chain(parameter.as_deref());
        for token in tokens {
            match caller(app, &context, token).await {
                Ok(found) => callers.push(found),
                Err(error @ Error::Unauthenticated(_)) => refusal = error,
                Err(other) => return Err(other.into()),
            }
        }
        if callers.is_empty() {
            return Err(refusal.into());
        }
        Ok(Self(callers))
    }
}

impl Either {
    /// To try them one after the other.
    pub fn tries(self) -> Tries {
        Tries {
            callers: self.0.into_iter(),
            first: None,
            answer: None,
        }
    }
}

/// Callers that are tried until one of them is allowed: `while let Some(caller) = tries.another()`, each followed by
/// [`Tries::end`] with what it was answered.
pub struct Tries {
    callers: std::vec::IntoIter<Caller>,
    first: Option<ApiError>,
    answer: Option<Result<Response, ApiError>>,
}

impl Tries {
    /// The next caller, unless the last one settled it.
    pub fn another(&mut self) -> Option<Caller> {
        if self.answer.is_some() {
            return None;
        }
        self.callers.next()
    }

    /// What the last caller was answered.
    pub fn end(&mut self, answer: Result<Response, ApiError>) {
        match answer {
            Err(refusal) if refusal.may_differ_for_another() => {
                self.first.get_or_insert(refusal);
            }
            settled => self.answer = Some(settled),
        }
    }

    /// The answer; the first refusal if nobody was allowed.
    pub fn answer(self) -> Result<Response, ApiError> {
        let refusal = self.first.unwrap_or(ApiError::Domain(MISSING));
        self.answer.unwrap_or(Err(refusal))
    }
}

/// The organization that a caller's account is.
pub async fn account(coffer: &Coffer, caller: &Caller) -> Result<OrgName, Error> {
    let found = coffer.own_organization(caller).await?;
    found.map(|organization| organization.name).ok_or(MISSING)
}
