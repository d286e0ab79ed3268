//! `PUT /vaults/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    http::fields::FieldFault,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::vault::{VaultIn, VaultOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::VaultAt,
        routes::{Id, Json},
    },
};

/// Restricts a vault, or lifts that. Its name and its project are its address at every door: they do not change.
#[utoipa::path(
    put,
    path = "/v1/vaults/{id}",
    tag = "vaults",
    params(("id" = String, Path, description = "Its id, or its exact name")),
    request_body = VaultIn,
    responses((status = 200, description = "As it is now", body = One<VaultOut>), Refused, RefusedBody)
)]
pub async fn update_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &id).await?;
    let mut vault = app.coffer.get_vault(&caller, &at.organization, &at.name).await?;
    let restricted = fields.flag("restricted")?.unwrap_or(vault.restricted);
    let kept = [
        ("name", at.name.as_str().to_owned()),
        ("project_id", vault.organization.to_string()),
    ];
    let mut fault = None;
    for (field, present) in kept {
        if fields.text(field)?.is_some_and(|wanted| wanted.trim() != present) {
            fault = Some(FieldFault::new(field, "of a vault does not change"));
        }
    }
    // Who may not change it at all is told that first.
    let restricted = if fault.is_some() {
        vault.restricted
    } else {
        restricted
    };
    vault = app
        .coffer
        .restrict_vault(&caller, &at.organization, &at.name, restricted)
        .await?;
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    Ok(page::one(VaultOut::from(&vault)))
}
