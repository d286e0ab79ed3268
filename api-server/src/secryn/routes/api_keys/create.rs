//! `POST /api-keys`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    entity::{KeyDetails, KeyReach},
    role::ProjectRole,
    usecase::api_keys::NewApiKey,
};

use crate::{
    app::App,
    http::fields::FieldFault,
    secryn::{
        NAME,
        account::project,
        auth::Signed,
        error::ApiError,
        model::api_key::{ApiKeyIn, IssuedOut, KeyHolderOut, role},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::{VaultAt, label},
        routes::Json,
        tokens,
    },
};

/// The most restricted vaults that a key is added to when it is made.
const MOST_VAULTS: usize = 32;

/// Makes an API key with a role: an administrator's for the whole account, any other for one project.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    tag = "api keys",
    request_body = ApiKeyIn,
    responses((status = 200, description = "Made", body = One<IssuedOut>), Refused, RefusedBody)
)]
pub async fn create_api_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let name = label(&mut fields)?;
    let role = role(&fields.required("role")?)?;
    let project = project(&app, &caller, fields.text("project_id")?.as_deref()).await?;
    let vaults = fields.texts("vault_ids")?.unwrap_or_default();
    if vaults.len() > MOST_VAULTS {
        return Err(FieldFault::new("vault_ids", format!("must be at most {MOST_VAULTS}")).into());
    }
    let mut grants = vec![role.grant()];
    for vault in vaults {
        let at = VaultAt::of(&app, &caller, &vault).await?;
        if at.organization != project.name {
            return Err(FieldFault::new("vault_ids", "must be vaults of the project").into());
        }
        grants.push(role.grant_on(&at.name));
    }
    let plain = NewApiKey::plain(name, grants);
    let reach = match role {
        ProjectRole::Admin if project.account.is_none() => KeyReach::Account,
        _ => KeyReach::Organization,
    };
    let new = NewApiKey {
        details: KeyDetails {
            door: Some(NAME.to_owned()),
            reach,
            ..KeyDetails::default()
        },
        form: tokens::ACCOUNT,
        ..plain
    };
    let issued = app.coffer.create_api_key(&caller, &project.name, new).await?;
    Ok(page::one(IssuedOut::new(
        KeyHolderOut::of_account(&issued.key),
        &issued,
    )))
}
