//! What a member of an organization is, as a grant: a role is a name for one, and nothing decides by it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    pattern::Pattern,
    rights::{Grant, Permission, may_grant},
};

/// From the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees what there is, without values.
    Viewer,
    /// Reads and writes; makes projects and environments, and deletes none.
    Editor,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Admin];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Its grant over an organization. To delete a project or an environment takes `Destroy`, which editors lack.
    pub fn grant(self) -> Grant {
        use Permission as P;
        let permissions: BTreeSet<P> = match self {
            Self::Viewer => [P::List].into(),
            Self::Editor => [
                P::List,
                P::Read,
                P::Write,
                P::Delete,
                P::Rotate,
                P::ReadConsumers,
                P::ManageVaults,
                P::ReadAudit,
            ]
            .into(),
            Self::Admin => P::ALL.into(),
        };
        Grant {
            permissions,
            vault: Pattern::any(),
            environment: Pattern::any(),
            names: vec![Pattern::any()],
        }
    }

    /// The highest role that grants over a whole organization amount to; `None` if not even the lowest.
    pub fn of(grants: &[Grant]) -> Option<Self> {
        let covers = |role: &Self| may_grant(grants, &[role.grant()]);
        Self::ALL.into_iter().rev().find(covers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_from_its_grant_and_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::of(&[role.grant()]), Some(role));
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!((Role::of(&[]), Role::parse("owner")), (None, None));
        assert_eq!(Role::of(&[Grant::administrator()]), Some(Role::Admin));
    }

    #[test]
    fn each_role_may_do_what_the_one_below_may_and_only_admins_delete_for_ever() {
        use Permission as P;
        for pair in Role::ALL.windows(2) {
            assert!(
                pair[1]
                    .grant()
                    .permissions
                    .is_superset(&pair[0].grant().permissions)
            );
        }
        for (role, reads, manages, destroys) in [
            (Role::Viewer, false, false, false),
            (Role::Editor, true, true, false),
            (Role::Admin, true, true, true),
        ] {
            let may = role.grant().permissions;
            assert_eq!(may.contains(&P::Read), reads);
            assert_eq!(may.contains(&P::ManageVaults), manages);
            assert_eq!(
                may.contains(&P::Destroy) && may.contains(&P::ManageKeys),
                destroys
            );
        }
    }
}
