//! `POST /auth/login/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::secret_value::SecretValue;

use crate::{
    app::App,
    http::respond,
    keynest::{NAME, auth::Asked, error::Failure, input::Unread, model::LoginOut, rules},
};

/// Gives a user their token. An unknown address and a wrong password are answered alike.
pub async fn login(State(app): State<Arc<App>>, asked: Asked, body: Unread) -> Result<Response, Failure> {
    let mut input = body.fields().await?;
    let email = input.required("email");
    input.check("email", email.as_deref().and_then(rules::email));
    let password = input.password("password").map(SecretValue::from);
    if password.as_ref().is_some_and(|password| password.len() > 4 * 128) {
        input.fault("password", "Ensure this field has no more than 128 characters.");
    }
    input.done()?;
    let (email, password) = (email.unwrap_or_default(), password.unwrap_or_else(|| "".into()));
    let login = app.nest().login(&email, &password, asked.origin()).await;
    let login = login.inspect_err(|error| app.metrics.refused(NAME, error))?;
    Ok(respond::json(StatusCode::OK, &LoginOut::from(&login)))
}
