//! `GET /mcp/resources/{uri}`

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use coffer_domain::{
    Error,
    usecase::{Caller, approvals::Access},
};

use crate::{
    app::App,
    http::{context::RequestContext, params, respond},
    v_secure::{
        auth::{self, Signed},
        error::ApiError,
        model::{
            Moment, Shown,
            resource::{ValueOut, kind, uri},
        },
        openapi::Refused,
        place::Account,
        words::SCHEME,
    },
};

/// Who asks: a key, a token for approved access, or both.
pub struct Asking {
    caller: Caller,
    account: Account,
    token: Option<String>,
    uri: String,
}

impl FromRequestParts<Arc<App>> for Asking {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = auth::access_token(&parts.headers);
        let params = params::of(parts).await?;
        let uri = params::get(&params, "uri").to_owned();
        let signed = Signed::from_request_parts(parts, app).await;
        let (caller, account) = match (signed, &token) {
            (Ok(signed), _) => (signed.caller, signed.account),
            // A token is good by itself: what it opens is recorded as its request's key.
            (Err(refusal), Some(token)) => {
                let Ok(context) = RequestContext::from_request_parts(parts, app).await;
                let found = app.coffer.access_of(token).await?;
                let Some((principal, organization)) = found else {
                    return Err(refusal);
                };
                let caller = Caller {
                    principal,
                    origin: auth::origin(parts, &context),
                };
                let region = auth::region(&parts.headers)?;
                let (name, id) = (organization.name, organization.id);
                (caller, Account { name, id, region })
            }
            (Err(refusal), None) => return Err(refusal),
        };
        Ok(Self {
            caller,
            account,
            token,
            uri,
        })
    }
}

/// The value of a secret, to whoever holds a token of an approved request that is not over.
#[utoipa::path(
    get,
    path = "/v1/security/mcp/resources/{uri}",
    tag = "mcp",
    params(
        ("uri" = String, Path, description = "The resource's URI, percent-encoded"),
        ("X-MCP-Access-Token" = Option<String>, Header, description = "The token, if it is not sent as the bearer"),
    ),
    responses((status = 200, description = "The value", body = ValueOut), Refused)
)]
pub async fn read_resource(State(app): State<Arc<App>>, asking: Asking) -> Result<Response, ApiError> {
    let Asking {
        caller,
        account,
        token,
        uri: text,
    } = asking;
    let asked = uri("uri", &slashes(&text))?;
    let places = account.places()?;
    let access = app
        .coffer
        .use_access(&caller, &places, &asked, token.as_deref())
        .await;
    let given = match access {
        Ok(Access::Given(given)) => *given,
        Ok(Access::NeedsApproval) => return Err(ApiError::NeedsApproval(format!("{SCHEME}{asked}"))),
        Err(Error::NotFound { what: "resource", .. } | Error::Unusable { .. }) => {
            return Err(ApiError::NotFound("Resource", format!("{SCHEME}{asked}")));
        }
        Err(other) => return Err(other.into()),
    };
    let said = given.read.secret.described();
    let told = ValueOut {
        uri: format!("{SCHEME}{}", given.uri),
        name: given.read.secret.name.to_string(),
        r#type: kind(&given.uri),
        value: Shown::new(given.read.value),
        metadata: said.document,
        version: given.read.meta.version.get(),
        accessed_at: Moment(app.coffer.clock().now()),
        access_count: given.used,
    };
    Ok(respond::json(StatusCode::OK, &told))
}

/// Some clients and proxies make one slash of two.
fn slashes(text: &str) -> String {
    match text.strip_prefix("vsecure:/") {
        Some(rest) if !rest.starts_with('/') => format!("{SCHEME}{rest}"),
        _ => text.to_owned(),
    }
}
