//! `DELETE /organizations/{id}/remove_member/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread},
};

/// Removes a member.
pub async fn remove(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    app.nest().may_manage(&signed.actor, number).await?;
    let mut input = body.fields().await?;
    let user = input.number("user_id", true);
    input.done()?;
    let gone = app
        .nest()
        .remove_member(&signed.actor, number, user.unwrap_or_default())
        .await?;
    let answer = json!({
        "message": "Member removed successfully",
        "removed_member": { "email": gone.email, "username": gone.username, "role": gone.role.as_str() },
    });
    Ok(respond::json(StatusCode::OK, &answer))
}
