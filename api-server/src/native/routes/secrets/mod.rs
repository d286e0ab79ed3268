//! `…/environments/{environment}/secrets`

pub mod delete;
pub mod destroy;
pub mod get;
pub mod list;
pub mod put;
pub mod reseal;
pub mod rotate;
pub mod undelete;
pub mod versions;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
    routing,
};
use coffer_domain::Error;

use super::Route;
use crate::{
    app::App,
    native::{auth::Signed, error::ApiError, path::SecretPath},
};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/organizations/{org}/vaults/{vault}/environments/{environment}/secrets",
            routing::get(list::list_secrets),
        ),
        (
            "/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{*name}",
            routing::get(on_get)
                .put(put::put_secret)
                .delete(delete::delete_secret)
                .post(on_post),
        ),
    ]
}

async fn on_get(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    match path.verb.as_deref() {
        None => get::get_secret(&app, &caller, &path.address, uri.query()).await,
        Some("versions") => versions::list_versions(&app, &caller, &path.address, uri.query()).await,
        Some(_) => Err(unknown_verb("GET takes no verb, or :versions")),
    }
}

async fn on_post(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    match path.verb.as_deref() {
        Some("undelete") => undelete::undelete_secret(&app, &caller, &path.address, &headers, body).await,
        Some("destroy") => destroy::destroy_secret(&app, &caller, &path.address, &headers, body).await,
        Some("reseal") => reseal::reseal_secret(&app, &caller, &path.address, &headers, body).await,
        Some("rotate") => rotate::rotate_secret(&app, &caller, &path.address, uri.query()).await,
        _ => Err(unknown_verb(
            "POST takes :undelete, :destroy, :reseal or :rotate; to write a value, PUT it",
        )),
    }
}

/// Refuses a verb where a method takes none.
fn no_verb(path: &SecretPath) -> Result<(), ApiError> {
    path.verb
        .as_ref()
        .map_or(Ok(()), |_| Err(unknown_verb("takes no verb with this method")))
}

fn unknown_verb(message: &str) -> ApiError {
    Error::invalid("verb", message).into()
}
