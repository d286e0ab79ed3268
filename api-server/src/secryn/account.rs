//! The account that a caller acts in: its projects, which are the domain's organizations.

use coffer_domain::{entity::Organization, rights::Permission, usecase::Caller};

use super::{auth, error::ApiError};
use crate::app::App;

/// The projects of the caller's account that it has a part in.
pub async fn projects(app: &App, caller: &Caller) -> Result<Vec<Organization>, ApiError> {
    let account = auth::account(&app.coffer, caller).await?;
    Ok(app.coffer.list_projects(caller, &account).await?)
}

/// The project of this id; the account's first one without.
pub async fn project(app: &App, caller: &Caller, id: Option<&str>) -> Result<Organization, ApiError> {
    let missing = || ApiError::Outside("the project");
    match id {
        None => app.coffer.own_organization(caller).await?.ok_or_else(missing),
        Some(id) => {
            let id = id.parse().map_err(|_| missing())?;
            let found = app.coffer.organization_of_id(caller, id).await;
            found.map_err(|_| missing())
        }
    }
}

/// Whether the caller may see any value at all; else it is shown masks.
pub fn may_read_values(caller: &Caller) -> bool {
    let grants = caller.principal.grants();
    grants
        .iter()
        .any(|grant| grant.permissions.contains(&Permission::Read))
}
