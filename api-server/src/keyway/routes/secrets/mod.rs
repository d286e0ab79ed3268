//! `/vaults/{owner}/{repo}/secrets`

mod create;
mod delete;
mod list;
mod restore;
mod update;
mod value;
mod version_value;
mod versions;

use axum::routing;
use coffer_domain::{
    address::{Address, Place},
    id::SecretId,
    name::{EnvName, SecretName},
    repo_role::{RepoRole, Scope},
    usecase::keyway::Entered,
};

use super::{Access, Route};
use crate::{app::App, keyway::error::Problem};

const LIST: &str = "/vaults/{owner}/{repo}/secrets";
const ONE: &str = "/vaults/{owner}/{repo}/secrets/{id}";

/// How many versions are shown.
const VERSIONS: usize = 10;

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    let reads = (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200);
    let writes = Access::Vault(RepoRole::Write, Scope::WriteSecrets);
    let mut routes = vec![
        Route::new(
            ("GET", LIST),
            reads,
            "lists secrets",
            &["limit", "offset", "environment"],
            routing::get(list::list),
        ),
        Route::new(
            ("POST", LIST),
            (writes, 201),
            "makes a secret",
            &["key!", "value!", "environment"],
            routing::post(create::create),
        ),
        Route::new(
            ("PATCH", ONE),
            (writes, 200),
            "renames a secret, or gives it another value",
            &["name", "value"],
            routing::patch(update::update),
        ),
        Route::new(
            ("DELETE", ONE),
            (Access::Vault(RepoRole::Write, Scope::DeleteSecrets), 204),
            "puts a secret into the trash",
            &[],
            routing::delete(delete::delete),
        ),
    ];
    routes.extend(of_values());
    routes
}

/// The routes by which values are read and brought back.
fn of_values() -> Vec<Route> {
    let reads = (Access::Vault(RepoRole::Read, Scope::ReadSecrets), 200);
    vec![
        Route::new(
            ("GET", "/vaults/{owner}/{repo}/secrets/{id}/value"),
            reads,
            "reads a value",
            &[],
            routing::get(value::value),
        ),
        Route::new(
            ("GET", "/vaults/{owner}/{repo}/secrets/{id}/versions"),
            reads,
            "lists earlier versions",
            &[],
            routing::get(versions::list),
        ),
        Route::new(
            (
                "GET",
                "/vaults/{owner}/{repo}/secrets/{id}/versions/{version}/value",
            ),
            reads,
            "reads an earlier value",
            &[],
            routing::get(version_value::value),
        ),
        Route::new(
            (
                "POST",
                "/vaults/{owner}/{repo}/secrets/{id}/versions/{version}/restore",
            ),
            (Access::Vault(RepoRole::Write, Scope::WriteSecrets), 200),
            "makes an earlier value the present one",
            &[],
            routing::post(restore::restore),
        ),
    ]
}

/// How the repository of a vault is called.
pub fn full_name(here: &Entered) -> String {
    here.repository.as_ref().map_or_else(
        || format!("{}/{}", here.located.organization.name, here.located.vault.name),
        coffer_domain::forge::Repository::full_name,
    )
}

/// An environment of a vault; `None` if it has none of this name.
pub fn place(here: &Entered, environment: &str) -> Option<Place> {
    let name = EnvName::new(environment).ok()?;
    here.located.vault.environments.contains(&name).then(|| Place {
        organization: here.located.organization.name.clone(),
        vault: here.located.vault.name.clone(),
        environment: name,
    })
}

/// An environment to write to. One that is not there is a fault of the request, as none is made by writing.
pub fn place_to_write(here: &Entered, environment: &str) -> Result<Place, Problem> {
    place(here, environment).ok_or_else(|| {
        let known: Vec<&str> = here
            .located
            .vault
            .environments
            .iter()
            .map(EnvName::as_str)
            .collect();
        Problem::field("environment", format!("is not one of {}", known.join(", ")))
    })
}

/// A key as single requests take it: upper case.
pub fn strict_key(field: &str, text: &str) -> Result<SecretName, Problem> {
    let wrong = || {
        let rule = "must be 1 to 255 upper-case letters, digits and '_', starting with a letter";
        Problem::field(field, rule)
    };
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !text.starts_with(|first: char| first.is_ascii_uppercase()) || !text.bytes().all(plain) {
        return Err(wrong());
    }
    SecretName::new(text).map_err(|_| wrong())
}

/// The secret of this id, if it is in the vault and not in the trash.
pub async fn find(app: &App, here: &Entered, id: &str) -> Result<(SecretId, Address), Problem> {
    let missing = || Problem::missing("secret");
    let id: SecretId = id.parse().map_err(|_| missing())?;
    let (address, trashed) = app.coffer.secret_address(id).await?.ok_or_else(missing)?;
    let place = &address.place;
    let inside =
        place.organization == here.located.organization.name && place.vault == here.located.vault.name;
    if trashed || !inside {
        return Err(missing());
    }
    Ok((id, address))
}
