//! The scopes of this door's keys, as rights: what each grants, and what a native key's rights are called here.

use std::collections::BTreeSet;

use coffer_domain::{
    pattern::Pattern,
    rights::{Grant, Permission as P},
};

use super::place::VAULT;

/// A scope's name, and what it grants.
type Scope = (&'static str, &'static [P]);

/// Every scope: the original's six, and those of its pages on keys.
const SCOPES: [Scope; 17] = [
    ("secrets:read", &[P::Read, P::List]),
    ("secrets:write", &[P::Write]),
    ("secrets:delete", &[P::Delete, P::Destroy]),
    ("apikeys:manage", &[P::ManageKeys, P::ManageHooks]),
    ("mcp:access", &[P::RequestAccess, P::DecideAccess]),
    ("audit:read", &[P::ReadAudit]),
    (
        "secrets:*",
        &[P::Read, P::List, P::Write, P::Delete, P::Destroy, P::Rotate],
    ),
    ("apikeys:read", &[P::ReadKeys]),
    ("apikeys:write", &[P::WriteKeys]),
    ("apikeys:delete", &[P::RevokeKeys]),
    ("apikeys:*", &[P::ManageKeys, P::ManageHooks]),
    ("mcp:read", &[P::RequestAccess]),
    ("mcp:approve", &[P::DecideAccess]),
    ("mcp:*", &[P::RequestAccess, P::DecideAccess]),
    ("audit:export", &[P::ExportAudit]),
    ("audit:*", &[P::ReadAudit]),
    ("admin:*", &P::ALL),
];

/// The rights that scopes amount to: those over secrets within the account's one vault; `None` if one is unknown.
pub fn grants(scopes: &[String]) -> Option<Vec<Grant>> {
    let mut all = BTreeSet::new();
    for scope in scopes {
        let (name, permissions) = SCOPES.iter().find(|(name, _)| name == scope)?;
        if *name == "admin:*" {
            return scopes
                .iter()
                .all(|scope| SCOPES.iter().any(|(name, _)| name == scope))
                .then(|| vec![Grant::administrator()]);
        }
        all.extend(*permissions);
    }
    let (secrets, rest): (BTreeSet<P>, BTreeSet<P>) = all.into_iter().partition(|it| is_over_secrets(*it));
    let over = |permissions, vault| Grant {
        permissions,
        vault,
        environment: Pattern::any(),
        names: vec![Pattern::any()],
    };
    let mut grants = Vec::new();
    if !secrets.is_empty() {
        grants.push(over(secrets, Pattern::new(VAULT)));
    }
    if !rest.is_empty() {
        grants.push(over(rest, Pattern::any()));
    }
    Some(grants)
}

fn is_over_secrets(permission: P) -> bool {
    matches!(
        permission,
        P::Read | P::List | P::Write | P::Delete | P::Destroy | P::Rotate
    )
}

/// What the rights of a key that was made elsewhere are called here: the original's six scopes, as far as they go.
pub fn of_grants(grants: &[Grant]) -> Vec<String> {
    let held = |permission: &P| grants.iter().any(|grant| grant.holds(*permission));
    SCOPES[..6]
        .iter()
        .filter(|(_, permissions)| permissions.iter().all(held))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// The scope of the original that would give a permission.
pub fn that_gives(permission: P) -> &'static str {
    SCOPES
        .iter()
        .find(|(_, permissions)| {
            let implied = permission.implied_by();
            permissions.contains(&permission) || implied.is_some_and(|it| permissions.contains(&it))
        })
        .map_or("admin:*", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use coffer_domain::rights::may_grant;

    use super::*;

    fn of(scopes: &[&str]) -> Option<Vec<Grant>> {
        grants(&scopes.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn who_has_the_wider_scope_may_grant_the_narrower() {
        for (wide, narrow) in [
            ("admin:*", "apikeys:delete"),
            ("admin:*", "mcp:approve"),
            ("secrets:*", "secrets:delete"),
            ("apikeys:manage", "apikeys:read"),
            ("apikeys:*", "apikeys:manage"),
            ("mcp:access", "mcp:read"),
            ("mcp:*", "mcp:approve"),
            ("audit:read", "audit:export"),
            ("audit:*", "audit:read"),
        ] {
            let (own, wanted) = (of(&[wide]).unwrap(), of(&[narrow]).unwrap());
            assert!(may_grant(&own, &wanted), "{wide} {narrow}");
        }
        for (own, other) in [
            ("apikeys:read", "apikeys:write"),
            ("mcp:read", "mcp:approve"),
            ("audit:export", "audit:read"),
            ("apikeys:manage", "admin:*"),
            ("secrets:*", "mcp:read"),
        ] {
            assert!(
                !may_grant(&of(&[own]).unwrap(), &of(&[other]).unwrap()),
                "{own} {other}"
            );
        }
    }

    #[test]
    fn unknown_scopes_are_none() {
        assert_eq!(of(&["secrets:read", "secrets:fly"]), None);
        assert_eq!(of(&["admin:*", "secrets:fly"]), None);
    }

    #[test]
    fn an_administrator_has_the_six() {
        assert_eq!(of_grants(&[Grant::administrator()]).len(), 6);
        assert_eq!(that_gives(P::Read), "secrets:read");
        assert_eq!(that_gives(P::RequestAccess), "mcp:access");
        assert_eq!(that_gives(P::ManageVaults), "admin:*");
    }
}
