//! `PATCH /organizations/{id}/update_member_role/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::Role;
use serde_json::json;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, rules},
};

/// Gives a member another role.
pub async fn role(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    app.nest().may_manage(&signed.actor, number).await?;
    let mut input = body.fields().await?;
    let user = input.number("user_id", true);
    if !input.has("role") {
        input.fault("role", rules::REQUIRED);
    }
    let role = input.choice("role", Role::parse);
    input.done()?;
    let (user, role) = (user.unwrap_or_default(), role.unwrap_or(Role::Viewer));
    let changed = app.nest().change_role(&signed.actor, number, user, role).await?;
    let member = changed.member;
    let answer = json!({
        "message": "Member role updated successfully",
        "member": {
            "id": member.user,
            "email": member.email,
            "username": member.username,
            "role": member.role.as_str(),
        },
    });
    Ok(respond::json(StatusCode::OK, &answer))
}
