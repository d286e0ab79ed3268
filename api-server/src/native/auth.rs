//! `Authorization: Bearer <token>`, an API key's or a pod's, to the caller that the domain knows.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use coffer_domain::{Error, secret_value::SecretValue, usecase::Caller};

use super::error::ApiError;
use crate::{
    app::App,
    http::{bearer, context::RequestContext},
};

/// This door's name in the audit log.
const DOOR: &str = "native";

/// An authenticated request: no handler of this door runs without one.
pub struct Signed(pub Caller);

/// The credential of a stream, which is looked at again for as long as it lasts.
pub struct Credential(SecretValue);

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(RequestContext(context)) = RequestContext::from_request_parts(parts, app).await;
        let token = bearer::token(&parts.headers).ok_or(MISSING);
        let found = match token {
            Ok(token) => app.authenticate(token).await,
            Err(missing) => Err(missing),
        };
        let found = found.inspect_err(|error| app.metrics.refused(DOOR, error))?;
        Ok(Self(Caller {
            principal: found.principal,
            origin: context.origin(DOOR),
        }))
    }
}

const MISSING: Error = Error::Unauthenticated("send Authorization: Bearer with an API key");

impl FromRequestParts<Arc<App>> for Credential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let token = bearer::token(&parts.headers).ok_or(MISSING)?;
        Ok(Self(SecretValue::from(token)))
    }
}

impl Credential {
    /// Whether it still stands for someone, and for whom.
    pub async fn renew(&self, app: &App, caller: &Caller) -> Result<Caller, Error> {
        let token = std::str::from_utf8(self.0.reveal()).map_err(|_| MISSING)?;
        let found = app.authenticate(token).await?;
        Ok(Caller {
            principal: found.principal,
            origin: caller.origin.clone(),
        })
    }
}
