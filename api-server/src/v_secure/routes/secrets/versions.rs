//! `GET /secrets/{name}/versions`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{Error, entity::VersionState};

use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::secret::{VersionOut, VersionsOut},
        openapi::Refused,
        place,
        routes::Id,
    },
};

/// The versions of a secret, newest first, without values.
#[utoipa::path(
    get,
    path = "/v1/security/secrets/{name}/versions",
    tag = "secrets",
    params(("name" = String, Path, description = "The secret's name")),
    responses((status = 200, description = "The versions", body = VersionsOut), Refused)
)]
pub async fn list_versions(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let name = place::named(&id)?;
    for place in account.present_places(&app, &caller).await? {
        match app
            .coffer
            .list_versions(&caller, &place.secret(name.clone()))
            .await
        {
            Err(Error::NotFound { .. }) => {}
            Err(other) => return Err(ApiError::of_secret(other, &name)),
            Ok((secret, versions)) if secret.current.is_some() => {
                let readable = versions
                    .into_iter()
                    .filter(|meta| meta.state == VersionState::Live);
                let told = VersionsOut {
                    name: name.to_string(),
                    versions: readable.map(VersionOut::from).collect(),
                };
                return Ok(respond::json(StatusCode::OK, &told));
            }
            Ok(_) => {}
        }
    }
    Err(ApiError::NoSecret(name.to_string(), None))
}
