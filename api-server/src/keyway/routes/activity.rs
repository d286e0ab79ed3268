//! `GET /activity`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    keyway::{
        auth::Signed,
        error::Problem,
        model::{activity::ActivityOut, user::person},
        page::Wanted,
    },
};

/// What one did, the latest first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let wanted = Wanted::of(&uri)?;
    app.keyway.flush().await;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let found = app.keyway.cases.activity(&signed.session, wanted.offset, limit);
    let (found, total) = found.await?;
    let actor = person(&app, &signed.session.actor()).await?;
    let shown: Vec<_> = found
        .into_iter()
        .map(|one| ActivityOut::of(one, actor.clone()))
        .collect();
    Ok(wanted.of_part(&signed.context, &shown, total))
}
