//! Who may do what: permissions, grants, and the one decision. Deny by default.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    entity::{Purpose, Vault},
    id::OrgId,
    pattern::Pattern,
    principal::{Conceal, Principal, Workload},
};

/// Something a principal may be allowed to do. The names are those of API key scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Read values, current or older.
    #[serde(rename = "secrets:read")]
    Read,
    /// See which secrets and versions there are, without values.
    #[serde(rename = "secrets:list")]
    List,
    /// Write a new version.
    #[serde(rename = "secrets:write")]
    Write,
    /// Delete and undelete versions.
    #[serde(rename = "secrets:delete")]
    Delete,
    /// Destroy versions for ever.
    #[serde(rename = "secrets:destroy")]
    Destroy,
    /// Have a generated secret made anew.
    #[serde(rename = "secrets:rotate")]
    Rotate,
    /// See which pods hold which version.
    #[serde(rename = "consumers:read")]
    ReadConsumers,
    /// Create, change and delete vaults.
    #[serde(rename = "vaults:manage")]
    ManageVaults,
    /// Create, list, rotate and revoke API keys.
    #[serde(rename = "keys:manage")]
    ManageKeys,
    /// Read and verify the audit log.
    #[serde(rename = "audit:read")]
    ReadAudit,
    /// List and read API keys.
    #[serde(rename = "keys:read")]
    ReadKeys,
    /// Create, change and rotate API keys.
    #[serde(rename = "keys:write")]
    WriteKeys,
    /// Revoke API keys.
    #[serde(rename = "keys:revoke")]
    RevokeKeys,
    /// Say who is told of what happens.
    #[serde(rename = "webhooks:manage")]
    ManageHooks,
    /// Take copies of the audit log away.
    #[serde(rename = "audit:export")]
    ExportAudit,
    /// See what can be asked for, and ask for access to it.
    #[serde(rename = "approvals:request")]
    RequestAccess,
    /// Decide on others' requests for access, and say what can be asked for.
    #[serde(rename = "approvals:decide")]
    DecideAccess,
}

impl Permission {
    /// Every permission that does not follow from another one; see [`Self::implied_by`].
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::List,
        Self::Write,
        Self::Delete,
        Self::Destroy,
        Self::Rotate,
        Self::ReadConsumers,
        Self::ManageVaults,
        Self::ManageKeys,
        Self::ReadAudit,
    ];

    /// Those that follow from others.
    pub const FINER: [Self; 7] = [
        Self::ReadKeys,
        Self::WriteKeys,
        Self::RevokeKeys,
        Self::ManageHooks,
        Self::ExportAudit,
        Self::RequestAccess,
        Self::DecideAccess,
    ];

    /// The permission that this one is a part of, if it is: who has that one has this one too.
    pub fn implied_by(self) -> Option<Self> {
        match self {
            Self::ReadKeys | Self::WriteKeys | Self::RevokeKeys => Some(Self::ManageKeys),
            Self::ManageHooks | Self::RequestAccess | Self::DecideAccess => Some(Self::ManageVaults),
            Self::ExportAudit => Some(Self::ReadAudit),
            Self::Read
            | Self::List
            | Self::Write
            | Self::Delete
            | Self::Destroy
            | Self::Rotate
            | Self::ReadConsumers
            | Self::ManageVaults
            | Self::ManageKeys
            | Self::ReadAudit => None,
        }
    }

    /// The scope's name, such as `secrets:read`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "secrets:read",
            Self::List => "secrets:list",
            Self::Write => "secrets:write",
            Self::Delete => "secrets:delete",
            Self::Destroy => "secrets:destroy",
            Self::Rotate => "secrets:rotate",
            Self::ReadConsumers => "consumers:read",
            Self::ManageVaults => "vaults:manage",
            Self::ManageKeys => "keys:manage",
            Self::ReadAudit => "audit:read",
            Self::ReadKeys => "keys:read",
            Self::WriteKeys => "keys:write",
            Self::RevokeKeys => "keys:revoke",
            Self::ManageHooks => "webhooks:manage",
            Self::ExportAudit => "audit:export",
            Self::RequestAccess => "approvals:request",
            Self::DecideAccess => "approvals:decide",
        }
    }

    /// The permission of this scope name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain(Self::FINER)
            .find(|permission| permission.as_str() == text)
    }
}

/// Permissions within a part of one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What is allowed.
    pub permissions: BTreeSet<Permission>,
    /// In which vaults.
    pub vault: Pattern,
    /// In which of their environments.
    pub environment: Pattern,
    /// For which names; one match is enough.
    pub names: Vec<Pattern>,
}

impl Grant {
    /// Everything in an organization.
    pub fn administrator() -> Self {
        Self {
            permissions: Permission::ALL.into(),
            vault: Pattern::any(),
            environment: Pattern::any(),
            names: vec![Pattern::any()],
        }
    }

    /// Whether it holds `permission`, by name or as a part of another one.
    pub fn holds(&self, permission: Permission) -> bool {
        let implied = || permission.implied_by();
        self.permissions.contains(&permission) || implied().is_some_and(|it| self.permissions.contains(&it))
    }

    /// Whether it reaches `target` at all, whatever the permission.
    fn reaches(&self, target: &Target<'_>) -> bool {
        target.vault.is_none_or(|vault| self.vault.matches(vault))
            && target.environment.is_none_or(|environment| self.environment.matches(environment))
            && target.name.is_none_or(|name| self.names.iter().any(|pattern| pattern.matches(name)))
            // A grant over part of an organization says nothing of the whole.
            && (target.vault.is_some() || self.vault == Pattern::any())
    }

    /// Whether it is for this vault as far as restriction goes: a restricted one takes a grant that names it and
    /// nothing else, or one that manages vaults.
    fn opens(&self, vault: &Vault) -> bool {
        !vault.restricted
            || self.vault.as_str() == vault.name.as_str()
            || self.permissions.contains(&Permission::ManageVaults)
    }

    /// Whether a holder of this grant could hand out `other` for one permission.
    fn covers(&self, permission: Permission, other: &Self) -> bool {
        self.holds(permission)
            && self.vault.covers(&other.vault)
            && self.environment.covers(&other.environment)
            && other
                .names
                .iter()
                .all(|name| self.names.iter().any(|own| own.covers(name)))
    }
}

/// Whether holders of `own` may hand out `wanted`: nobody grants a right that they lack.
pub fn may_grant(own: &[Grant], wanted: &[Grant]) -> bool {
    wanted.iter().all(|grant| {
        grant
            .permissions
            .iter()
            .all(|&permission| own.iter().any(|mine| mine.covers(permission, grant)))
    })
}

/// What is to be accessed: a whole organization, a vault, an environment or a secret, by names.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The tenant.
    pub organization: OrgId,
    /// The vault; `None` is the organization itself.
    pub vault: Option<&'a str>,
    /// Its environment.
    pub environment: Option<&'a str>,
    /// The secret's name.
    pub name: Option<&'a str>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go ahead.
    Allow,
    /// Refuse, saying which permission is missing: the principal may know that the target exists.
    Forbid,
    /// Refuse as if the target did not exist.
    Hide,
}

/// Decides. `vault` is the target's vault, where there is one, for the access it gives to workloads.
pub fn decide(
    principal: &Principal,
    permission: Permission,
    target: &Target<'_>,
    vault: Option<&Vault>,
) -> Decision {
    match principal {
        Principal::Controller => Decision::Allow,
        Principal::ApiKey(key)
            if key.organization != target.organization && !key.also.contains(&target.organization) =>
        {
            Decision::Hide
        }
        // A vault that took the name of the one the key is for is another one.
        Principal::ApiKey(key) if matches!((key.purpose, vault), (Purpose::Vault(only), Some(vault)) if vault.id != only) => {
            Decision::Hide
        }
        Principal::ApiKey(key) => decide_grants(&key.grants, permission, target, vault),
        Principal::User(user) => {
            let here = user.grants.iter().filter(|(id, _)| *id == target.organization);
            let here: Vec<Grant> = here.map(|(_, grant)| grant.clone()).collect();
            decide_user(&here, permission, target, vault)
        }
        Principal::External(subject) if subject.home != target.organization => Decision::Hide,
        Principal::External(subject) => decide_grants(&subject.grants, permission, target, vault),
        Principal::Workload(workload) => vault.map_or(Decision::Hide, |vault| {
            decide_grants(&workload_grants(workload, vault), permission, target, Some(vault))
        }),
    }
}

/// A user without any grant in an organization has no part in it.
fn decide_user(
    grants: &[Grant],
    permission: Permission,
    target: &Target<'_>,
    vault: Option<&Vault>,
) -> Decision {
    if grants.is_empty() {
        Decision::Hide
    } else {
        decide_grants(grants, permission, target, vault)
    }
}

/// What a refusal shows: `view` is asking for a vault itself, as opposed to something in it.
pub fn shown(principal: &Principal, view: bool, decision: Decision) -> Decision {
    match (principal, decision) {
        (Principal::User(user), Decision::Hide) if user.conceal == Conceal::VaultItself && !view => {
            Decision::Forbid
        }
        (_, decision) => decision,
    }
}

fn decide_grants(
    grants: &[Grant],
    permission: Permission,
    target: &Target<'_>,
    vault: Option<&Vault>,
) -> Decision {
    let open = |grant: &Grant| vault.is_none_or(|vault| grant.opens(vault));
    let allows = |grant: &Grant| grant.holds(permission) && open(grant) && grant.reaches(target);
    let in_vault = Target {
        environment: None,
        name: None,
        ..*target
    };
    if grants.iter().any(allows) {
        Decision::Allow
    } else if target.vault.is_none() || grants.iter().any(|grant| open(grant) && grant.reaches(&in_vault)) {
        Decision::Forbid
    } else {
        Decision::Hide
    }
}

/// Whom a vault lets in: pods by service account, for reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Service account names; patterns.
    pub service_accounts: Vec<Pattern>,
    /// Their namespaces; patterns.
    pub namespaces: Vec<Pattern>,
    /// In these environments of the vault.
    pub environments: Vec<Pattern>,
    /// For secrets of these names.
    pub names: Vec<Pattern>,
}

impl Access {
    fn admits(&self, workload: &Workload) -> bool {
        let any = |patterns: &[Pattern], name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        any(&self.service_accounts, &workload.service_account) && any(&self.namespaces, &workload.namespace)
    }
}

fn workload_grants(workload: &Workload, vault: &Vault) -> Vec<Grant> {
    let admitting = vault.access.iter().filter(|access| access.admits(workload));
    admitting
        .flat_map(|access| {
            access.environments.iter().map(|environment| Grant {
                permissions: BTreeSet::from([Permission::Read, Permission::List]),
                vault: Pattern::new(vault.name.as_str()),
                environment: environment.clone(),
                names: access.names.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "rights_tests.rs"]
mod tests;
