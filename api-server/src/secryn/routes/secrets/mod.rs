//! `/vaults/{id}/secrets`. A name may hold slashes, so what follows it (`/versions`, `/versions/{n}/restore`) is
//! told apart here and not by the router.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod restore;
pub mod update;
pub mod versions;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{Uri, request::Parts},
    response::Response,
    routing,
};
use coffer_domain::address::Version;

use super::Route;
use crate::{
    app::App,
    http::{dialect::Refusal, params},
    secryn::{
        auth::{Either, Signed},
        error::ApiError,
    },
};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/vaults/{id}/secrets",
            routing::get(list::list_secrets).post(create::create_secret),
        ),
        (
            "/vaults/{id}/secrets/{*name}",
            routing::get(on_get)
                .put(update::update_secret)
                .delete(delete::delete_secret)
                .post(on_post),
        ),
    ]
}

/// `/vaults/{id}/secrets/{name}…`
pub struct SecretPath {
    /// The vault's id or name.
    pub vault: String,
    /// The secret's name or id, and what follows it.
    rest: String,
}

impl<S: Sync> FromRequestParts<S> for SecretPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        let get = |name| params::get(&params, name).to_owned();
        Ok(Self {
            vault: get("id"),
            rest: get("name"),
        })
    }
}

impl SecretPath {
    /// The whole rest as a name.
    pub fn name(&self) -> &str {
        &self.rest
    }

    /// The name before `/versions`.
    fn of_versions(&self) -> Option<&str> {
        self.rest
            .strip_suffix("/versions")
            .filter(|name| !name.is_empty())
    }

    /// The name and the number of `/versions/{n}/restore`.
    fn of_restore(&self) -> Option<(&str, Version)> {
        let (head, number) = self.rest.strip_suffix("/restore")?.rsplit_once('/')?;
        let name = head.strip_suffix("/versions").filter(|name| !name.is_empty())?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let version = digits
            .then(|| number.parse().ok())
            .flatten()
            .and_then(Version::new)?;
        Some((name, version))
    }
}

/// A path that ends in `/versions` is always about the versions: a secret whose own name ends so is reached by id.
async fn on_get(
    State(app): State<Arc<App>>,
    either: Either,
    path: SecretPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(match path.of_versions() {
            Some(name) => versions::list_versions(&app, &caller, &path.vault, name, uri.query()).await,
            None => get::get_secret(&app, &caller, &path).await,
        });
    }
    tries.answer()
}

async fn on_post(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
) -> Result<Response, ApiError> {
    let Some((name, version)) = path.of_restore() else {
        return Err(ApiError::Refused(Refusal::WrongMethod));
    };
    restore::restore_version(&app, &caller, &path.vault, name, version).await
}
