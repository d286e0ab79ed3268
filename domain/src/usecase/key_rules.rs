//! What a new or changed key may be given, by whom.

use super::Caller;
use crate::{
    Error,
    entity::{KeyDetails, KeyReach, Purpose},
    principal::Principal,
    rights::{Grant, Permission, may_grant},
};

/// The most grants a key can have.
pub const MAX_GRANTS: usize = 64;

/// A key for one thing, or one that acts for a user, is made by what is for that; and nobody hands out more
/// reach than their own.
pub(super) fn check_details(caller: &Caller, details: &KeyDetails) -> Result<(), Error> {
    if details.purpose != Purpose::General || details.user.is_some() {
        return Err(Error::invalid("purpose", "cannot be given to a key of this kind"));
    }
    let own = match &caller.principal {
        Principal::Controller => return Ok(()),
        Principal::ApiKey(key) => &key.also[..],
        Principal::Workload(_) | Principal::User(_) | Principal::External(_) => &[],
    };
    let within = match &details.reach {
        KeyReach::Organization => true,
        // The projects of today are those it reaches: whether it would reach those of tomorrow only its own row says.
        KeyReach::Account => matches!(&caller.principal, Principal::ApiKey(key) if key.whole_account),
        KeyReach::Projects(wanted) => wanted.iter().all(|id| own.contains(id)),
    };
    if within {
        return Ok(());
    }
    Err(Error::Forbidden {
        permission: Permission::ManageKeys,
        target: "projects beyond one's own".to_owned(),
    })
}

/// Nobody hands out a right that they lack.
pub(super) fn check_grants(caller: &Caller, grants: &[Grant]) -> Result<(), Error> {
    if grants.is_empty()
        || grants.len() > MAX_GRANTS
        || grants.iter().any(|grant| grant.permissions.is_empty())
    {
        return Err(Error::invalid(
            "grants",
            format!("name 1 to {MAX_GRANTS} grants, each with a permission"),
        ));
    }
    if may_grant(&caller.principal.grants(), grants) {
        return Ok(());
    }
    Err(Error::Forbidden {
        permission: Permission::ManageKeys,
        target: "grants beyond one's own".to_owned(),
    })
}
