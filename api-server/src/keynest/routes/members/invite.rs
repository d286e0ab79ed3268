//! `POST /organizations/{id}/invite_member/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::keynest::Role;
use serde_json::json;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, model::MemberOut, rules},
};

/// Adds somebody who has an account.
pub async fn invite(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let number = signed.asked.number()?;
    app.nest().may_manage(&signed.actor, number).await?;
    let mut input = body.fields().await?;
    let email = input.required("email");
    input.check("email", email.as_deref().and_then(rules::email));
    let role = input.choice("role", Role::parse).unwrap_or(Role::Viewer);
    input.done()?;
    let email = email.unwrap_or_default();
    let member = app.nest().invite(&signed.actor, number, &email, role).await?;
    let answer = json!({ "message": "Member added successfully", "member": MemberOut::from(member) });
    Ok(respond::json(StatusCode::CREATED, &answer))
}
