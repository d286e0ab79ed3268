//! A pod, by its projected service-account token. API keys open no stream: a delivery is entered in the
//! ledger under a pod.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use coffer_domain::{
    Error,
    principal::{Principal, Workload},
    usecase::Caller,
};
use jiff::Timestamp;

use crate::{
    app::App,
    http::{bearer, context::RequestContext},
    native::error::ApiError,
};

/// This door's name in the audit log.
const DOOR: &str = "agent";

/// An authenticated pod.
pub struct Pod {
    /// As the domain knows it.
    pub caller: Caller,
    /// Which pod.
    pub workload: Workload,
    /// When its token ends.
    pub until: Timestamp,
}

impl FromRequestParts<Arc<App>> for Pod {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(RequestContext(context)) = RequestContext::from_request_parts(parts, app).await;
        let found = verify(app, bearer::token(&parts.headers)).await;
        let (workload, until) = found.inspect_err(|error| app.metrics.refused(DOOR, error))?;
        let caller = Caller {
            principal: Principal::Workload(workload.clone()),
            origin: context.origin(DOOR),
        };
        Ok(Self {
            caller,
            workload,
            until,
        })
    }
}

async fn verify(app: &App, token: Option<&str>) -> Result<(Workload, Timestamp), Error> {
    let token = token.ok_or(Error::Unauthenticated(
        "send the pod's service-account token as a bearer token",
    ))?;
    let identity = app.identity.as_ref();
    let identity = identity.ok_or(Error::Unauthenticated(
        "this server is not set up to verify pods' tokens",
    ))?;
    let verified = identity.verify(token, app.coffer.clock().now()).await?;
    Ok((verified.workload, verified.until))
}
