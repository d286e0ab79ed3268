//! `PATCH /organizations/{org}/users/{email}`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            user::{UserIn, UserOut},
        },
        path::UserPath,
    },
};

/// Gives a person with a KeyNest account another password, keeps them out, or lets them in again. Either ends their
/// session at once. Accounts are kept in the organization `_keynest`, and it takes a key of that one.
#[utoipa::path(
    patch,
    path = "/coffer/v1/organizations/{org}/users/{email}",
    tag = "users",
    params(
        ("org" = String, Path, description = "`_keynest`"),
        ("email" = String, Path, description = "The person's address"),
    ),
    request_body = UserIn,
    responses(
        (status = 200, description = "The account as it is now", body = UserOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`keys:manage` is missing", body = FailureOut),
        (status = 404, description = "No such account, or it is hidden", body = FailureOut),
        (status = 503, description = "Too many passwords are being looked at", body = FailureOut),
    )
)]
pub async fn patch_user(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    UserPath { organization, email }: UserPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: UserIn = body::json(&headers, body).await?;
    let change = wanted.into_change()?;
    let user = app
        .keynest
        .cases
        .change_account(&caller, &organization, &email, &change)
        .await?;
    Ok(respond::json(StatusCode::OK, &UserOut::from(user)))
}
