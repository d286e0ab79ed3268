//! Roles of members of a project, as grants: a role is a name for one, and nothing decides by it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    pattern::Pattern,
    rights::{Grant, Permission},
};

/// What a member of a project is, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectRole {
    /// Sees what there is, without values.
    ReadOnly,
    /// Reads and writes secrets.
    Contributor,
    /// Manages vaults and who reads them, restricted ones too.
    ProjectManager,
    /// Everything.
    Admin,
}

impl ProjectRole {
    /// Every role.
    pub const ALL: [Self; 4] = [
        Self::ReadOnly,
        Self::Contributor,
        Self::ProjectManager,
        Self::Admin,
    ];

    /// What it may do.
    pub fn permissions(self) -> BTreeSet<Permission> {
        use Permission as P;
        let contributor = [P::List, P::Read, P::Write, P::Delete, P::Rotate];
        match self {
            Self::ReadOnly => [P::List].into(),
            Self::Contributor => contributor.into(),
            Self::ProjectManager => contributor
                .into_iter()
                .chain([P::Destroy, P::ManageVaults, P::ReadConsumers])
                .collect(),
            Self::Admin => P::ALL.into(),
        }
    }

    /// Its grant over an organization.
    pub fn grant(self) -> Grant {
        Grant {
            permissions: self.permissions(),
            vault: Pattern::any(),
            environment: Pattern::any(),
            names: vec![Pattern::any()],
        }
    }

    /// Its grant over one vault, which opens that even if it is restricted.
    pub fn grant_on(self, vault: &crate::name::VaultName) -> Grant {
        Grant {
            vault: Pattern::new(vault.as_str()),
            ..self.grant()
        }
    }

    /// The highest role that grants over a whole organization amount to; `None` if not even the lowest.
    pub fn of(grants: &[Grant]) -> Option<Self> {
        let covers = |role: &&Self| crate::rights::may_grant(grants, &[role.grant()]);
        Self::ALL.iter().rev().find(covers).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_all_that_the_one_below_may_and_reads_back_from_its_grant() {
        for pair in ProjectRole::ALL.windows(2) {
            assert!(pair[1].permissions().is_superset(&pair[0].permissions()));
        }
        for role in ProjectRole::ALL {
            assert_eq!(ProjectRole::of(&[role.grant()]), Some(role));
        }
        assert_eq!(
            ProjectRole::of(&[Grant::administrator()]),
            Some(ProjectRole::Admin)
        );
        assert_eq!(ProjectRole::of(&[]), None);
        let narrow = Grant {
            vault: Pattern::new("app"),
            ..Grant::administrator()
        };
        assert_eq!(ProjectRole::of(&[narrow]), None);
    }

    #[test]
    fn only_those_above_read_only_read_values_and_only_managers_manage() {
        use Permission as P;
        for (role, reads, manages, administers) in [
            (ProjectRole::ReadOnly, false, false, false),
            (ProjectRole::Contributor, true, false, false),
            (ProjectRole::ProjectManager, true, true, false),
            (ProjectRole::Admin, true, true, true),
        ] {
            let may = role.permissions();
            assert!(may.contains(&P::List));
            assert_eq!(may.contains(&P::Read) && may.contains(&P::Write), reads);
            assert_eq!(may.contains(&P::ManageVaults), manages);
            assert_eq!(
                may.contains(&P::ManageKeys) && may.contains(&P::ReadAudit),
                administers
            );
        }
    }
}
