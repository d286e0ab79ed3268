//! `/vaults/{owner}/{repo}/environments`

mod create;
mod delete;
mod list;
mod rename;
mod set_type;

use axum::routing;
use coffer_domain::{
    entity::Vault,
    name::EnvName,
    repo_role::{RepoRole, Scope},
};
use serde::Serialize;

use super::{Access, Route};
use crate::keyway::{error::Problem, model::vault::EnvironmentsOut};

const LIST: &str = "/vaults/{owner}/{repo}/environments";
const ONE: &str = "/vaults/{owner}/{repo}/environments/{name}";

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let writes = Access::Vault(RepoRole::Admin, Scope::WriteSecrets);
    vec![
        Route::new(
            ("GET", LIST),
            (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200),
            "lists environments",
            &[],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST),
            (writes, 201),
            "adds an environment",
            &["name!"],
            routing::post(create::create),
        ),
        Route::new(
            ("PATCH", ONE),
            (writes, 200),
            "renames an environment",
            &["newName!"],
            routing::patch(rename::rename),
        ),
        Route::new(
            ("DELETE", ONE),
            (Access::Vault(RepoRole::Admin, Scope::DeleteSecrets), 200),
            "deletes an environment with all that is in it",
            &[],
            routing::delete(delete::delete),
        ),
        Route::new(
            ("PATCH", "/vaults/{owner}/{repo}/environments/{name}/type"),
            (writes, 200),
            "says what an environment is for",
            &["type!"],
            routing::patch(set_type::set_type),
        ),
    ]
}

/// What was done, with the environments there are now.
#[derive(Serialize)]
struct DoneOut<T> {
    #[serde(flatten)]
    done: T,
    #[serde(flatten)]
    now: EnvironmentsOut,
}

impl<T> DoneOut<T> {
    fn of(done: T, vault: &Vault) -> Self {
        let now = EnvironmentsOut::from(vault);
        Self { done, now }
    }
}

/// A name as new environments have it.
fn new_name(field: &str, text: &str) -> Result<EnvName, Problem> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    if !starts || !(2..=30).contains(&text.len()) || !text.bytes().all(plain) {
        let rule = "must be 2 to 30 lower-case letters, digits, '_' and '-', starting with a letter";
        return Err(Problem::field(field, rule));
    }
    Ok(EnvName::new(text).map_err(coffer_domain::Error::from)?)
}

/// The name of one that is there.
fn known_name(text: &str) -> Result<EnvName, Problem> {
    EnvName::new(text).map_err(|_| Problem::missing("environment"))
}
