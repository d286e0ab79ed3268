//! `POST /auth/change-password/`: ours, since the contract has no way to another password.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::secret_value::SecretValue;
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    app::App,
    http::respond,
    keynest::{auth::Signed, error::Failure, input::Unread, rules},
};

/// Gives the user another password, and ends their token.
pub async fn change_password(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Unread,
) -> Result<Response, Failure> {
    let mut input = body.fields().await?;
    let present = input.password("current_password").map(SecretValue::from);
    let new = input.password("new_password").map(Zeroizing::new);
    let weak = new.as_deref().and_then(|text| rules::password(text));
    input.check("new_password", weak);
    if present.as_ref().is_some_and(|present| present.len() > 4 * 128) {
        input.fault(
            "current_password",
            "Ensure this field has no more than 128 characters.",
        );
    }
    input.done()?;
    let present = present.unwrap_or_else(|| "".into());
    let new = SecretValue::from(new.as_ref().map_or("", |new| new.as_str()));
    app.nest().change_password(&signed.actor, &present, &new).await?;
    let message = "Password changed; log in again";
    Ok(respond::json(StatusCode::OK, &json!({ "message": message })))
}
