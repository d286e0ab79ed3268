//! `PUT /secrets/{name}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{address::Version, rights::Permission, usecase::Caller};

use crate::{
    app::App,
    http::{fields::FieldFault, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::{Described, SecretOut, SecretPatch},
        openapi::{Refused, RefusedBody},
        place,
        routes::{Id, Json},
        span,
    },
};

/// Changes a secret. Each change is a new version, also one that changes no value.
#[utoipa::path(
    put,
    path = "/v1/security/secrets/{name}",
    tag = "secrets",
    params(("name" = String, Path, description = "Its name")),
    request_body = SecretPatch,
    responses((status = 200, description = "As it is now", body = SecretOut), Refused, RefusedBody)
)]
pub async fn update_secret(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let now = app.coffer.clock().now();
    let name = place::named(&id)?;
    let value = span::value(&mut fields)?;
    let described = Described::of(&mut fields, now)?;
    if value.is_none() && described.is_empty() {
        let rule = "must name at least one of value, tags, metadata, expiresIn, expiresAt, rotationPolicy";
        return Err(FieldFault::new("body", rule).into());
    }
    let address = account.address(name.clone())?;
    let change = |before| described.over(before, now);
    let revised = app
        .coffer
        .revise_secret(&caller, &address, value.clone(), &change)
        .await;
    let revised = revised.map_err(|error| ApiError::of_secret(error, &name))?;
    let shown = match value {
        Some(value) => Some(value),
        // The value that stays is shown to those who may read it, and that is a read.
        None if may_read(&caller) => {
            let read = app.coffer.read_secret(&caller, &address, None).await;
            read.ok().map(|read| read.value)
        }
        None => None,
    };
    let previous = revised.before.map(Version::get);
    let told = SecretOut::written(&revised.written.secret, shown, previous, false);
    Ok(respond::json(StatusCode::OK, &told))
}

fn may_read(caller: &Caller) -> bool {
    let grants = caller.principal.grants();
    grants.iter().any(|grant| grant.holds(Permission::Read))
}
