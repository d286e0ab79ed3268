//! `POST /integrations/{provider}/connect`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::repo_role::Scope;
use serde_json::json;

use super::provider;
use crate::{
    app::App,
    http::fields::MISSING,
    keyway::{auth::Signed, error::Problem, notes::about, plan, routes::Unread},
};

/// Connects by a token of the user's own making.
pub async fn connect(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let mut fields = body.fields().await?;
    let provider = provider(&signed)?;
    let token = fields.secret("token")?.filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| Problem::field("token", MISSING))?;
    plan::check_new_connection(&app, &signed, provider).await?;
    let most = plan::most_connections(&app);
    let made = app
        .keyway
        .cases
        .connect_with_token(&signed.session, (provider, token), most, signed.origin())
        .await?;
    let made = made.ok_or_else(|| plan::limit(plan::TOO_MANY_CONNECTIONS))?;
    let noted = about([("provider", json!(provider.as_str()))]);
    signed.note(&app, "integration_connected", noted);
    let holder = &made.body.holder;
    Ok(signed.one(&json!({
        "success": true,
        "provider": provider.as_str(),
        "user": {
            "id": holder.user,
            "username": holder.username,
            "email": holder.email,
            "teamName": holder.team_name,
        },
    })))
}
