//! `GET /mcp/resources`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use super::MOST;
use crate::{
    app::App,
    http::{query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::resource::{ResourceOut, ResourcesOut, order},
        openapi::Refused,
        page::Wanted,
    },
};

/// What agents can ask for, in the order in which it was set up.
#[utoipa::path(
    get,
    path = "/v1/security/mcp/resources",
    tag = "mcp",
    params(
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = ResourcesOut), Refused)
)]
pub async fn list_resources(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()), MOST)?;
    let found = app.coffer.agent_resources(&caller, &account.name).await?;
    let items = found
        .iter()
        .map(|kept| (order(kept), ResourceOut::from(&kept.body)));
    let page = wanted.of_all(items.collect(), false);
    let told = ResourcesOut {
        resources: page.data.clone(),
        data: page.data,
        pagination: page.pagination,
    };
    Ok(respond::json(StatusCode::OK, &told))
}
