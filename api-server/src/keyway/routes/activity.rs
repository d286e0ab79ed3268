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
    let (skip, limit) = (small(wanted.offset), small(wanted.limit));
    let (found, total) = app.keyway.cases.activity(&signed.session, skip, limit).await?;
    let actor = person(&app, &signed.session.actor()).await?;
    let shown: Vec<_> = found
        .into_iter()
        .map(|one| ActivityOut::of(one, actor.clone()))
        .collect();
    Ok(wanted.of_part(&signed.context, &shown, total))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
