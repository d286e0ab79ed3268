//! Rights on the vault of a repository: the role that a forge gives, the protection of environments, and
//! overrides, all of which become grants.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    entity::{EnvironmentType, Vault},
    id::UserId,
    name::EnvName,
    pattern::Pattern,
    rights::{Grant, Permission},
};

/// A role on a repository, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepoRole {
    /// Reads.
    Read,
    /// Reads, and sorts issues.
    Triage,
    /// Writes.
    Write,
    /// Writes, and looks after the repository.
    Maintain,
    /// Everything.
    Admin,
}

impl RepoRole {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The role of this name; `pull` and `push` are other names for read and write.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pull" => Some(Self::Read),
            "push" => Some(Self::Write),
            _ => Self::ALL.into_iter().find(|role| role.as_str() == text),
        }
    }
}

/// What somebody may do in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// Read values.
    pub read: bool,
    /// Write, delete and restore secrets.
    pub write: bool,
}

/// The lowest roles that may read and write; `None`: nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimum {
    /// To read.
    pub read: Option<RepoRole>,
    /// To write.
    pub write: Option<RepoRole>,
}

impl Minimum {
    /// Where nobody says otherwise.
    pub fn of(is: EnvironmentType) -> Self {
        let write = match is {
            EnvironmentType::Development | EnvironmentType::Standard => RepoRole::Write,
            EnvironmentType::Protected => RepoRole::Admin,
        };
        Self {
            read: Some(RepoRole::Read),
            write: Some(write),
        }
    }

    fn reach(self, role: RepoRole) -> Reach {
        let meets = |least: Option<RepoRole>| least.is_some_and(|least| role >= least);
        Reach {
            read: meets(self.read),
            write: meets(self.write),
        }
    }
}

/// Whom an override is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// One user.
    User(UserId),
    /// Everybody of one role.
    Role(RepoRole),
}

/// An exception to the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// In this environment; `None`: in all.
    pub environment: Option<EnvName>,
    /// For whom.
    pub whom: Whom,
    /// What is so instead.
    pub reach: Reach,
}

/// The rules of one vault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Exceptions of the vault.
    pub exceptions: Vec<Exception>,
    /// What the organization says for environments of each type, in place of what holds otherwise.
    pub defaults: BTreeMap<EnvironmentType, Minimum>,
}

impl Rules {
    /// What `user`, of `role`, may do in an environment. The most specific exception decides: user before role,
    /// and of each, the one environment before all; then the organization's defaults; then the built-in ones.
    pub fn reach(&self, user: UserId, role: RepoRole, environment: &EnvName, is: EnvironmentType) -> Reach {
        let rank = |exception: &Exception| {
            let place = match &exception.environment {
                Some(only) if only == environment => 1,
                Some(_) => return None,
                None => 0,
            };
            match exception.whom {
                Whom::User(named) if named == user => Some(2 + place),
                Whom::Role(named) if named == role => Some(place),
                Whom::User(_) | Whom::Role(_) => None,
            }
        };
        let ranked = self
            .exceptions
            .iter()
            .filter_map(|one| Some((rank(one)?, one.reach)));
        let best = ranked.max_by_key(|(rank, _)| *rank).map(|(_, reach)| reach);
        let minimum = || self.defaults.get(&is).copied().unwrap_or_else(|| Minimum::of(is));
        best.unwrap_or_else(|| minimum().reach(role))
    }

    /// The same as grants over `vault` and its environments as they are now.
    pub fn grants(&self, user: UserId, role: RepoRole, vault: &Vault) -> Vec<Grant> {
        let mut whole = BTreeSet::from([Permission::List]);
        if role == RepoRole::Admin {
            whole.extend([Permission::ManageVaults, Permission::ReadConsumers]);
        }
        let grant = |permissions, environment| Grant {
            permissions,
            vault: Pattern::new(vault.name.as_str()),
            environment,
            names: vec![Pattern::any()],
        };
        let mut grants = vec![grant(whole, Pattern::any())];
        for environment in &vault.environments {
            let reach = self.reach(user, role, environment, vault.environment_type(environment));
            let permissions = permissions(reach);
            if !permissions.is_empty() {
                grants.push(grant(permissions, Pattern::new(environment.as_str())));
            }
        }
        grants
    }
}

fn permissions(reach: Reach) -> BTreeSet<Permission> {
    use Permission as P;
    let read = reach.read.then_some(P::Read);
    let write = reach
        .write
        .then_some([P::Write, P::Delete, P::Destroy, P::Rotate]);
    read.into_iter().chain(write.into_iter().flatten()).collect()
}

/// What an API key that acts for a user is cut down to. None implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Reading.
    #[serde(rename = "read:secrets")]
    ReadSecrets,
    /// Writing.
    #[serde(rename = "write:secrets")]
    WriteSecrets,
    /// Deleting.
    #[serde(rename = "delete:secrets")]
    DeleteSecrets,
    /// The user's API keys.
    #[serde(rename = "admin:api-keys")]
    AdminApiKeys,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [
        Self::ReadSecrets,
        Self::WriteSecrets,
        Self::DeleteSecrets,
        Self::AdminApiKeys,
    ];

    /// Its name, such as `read:secrets`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadSecrets => "read:secrets",
            Self::WriteSecrets => "write:secrets",
            Self::DeleteSecrets => "delete:secrets",
            Self::AdminApiKeys => "admin:api-keys",
        }
    }

    /// The scope of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// The permissions that it lets through. Writing takes deletion along: what a replacement leaves out, it deletes.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::ReadSecrets => &[P::Read, P::List, P::ReadConsumers],
            Self::WriteSecrets => &[P::List, P::Write, P::Delete, P::Rotate, P::ManageVaults],
            Self::DeleteSecrets => &[P::List, P::Delete, P::Destroy, P::ManageVaults],
            Self::AdminApiKeys => &[P::ManageKeys],
        }
    }
}

/// `grants` cut down to what `scopes` let through; `None` cuts nothing.
pub fn cut(grants: Vec<Grant>, scopes: Option<&BTreeSet<Scope>>) -> Vec<Grant> {
    let Some(scopes) = scopes else {
        return grants;
    };
    let kept: BTreeSet<Permission> = scopes
        .iter()
        .flat_map(|scope| scope.permissions())
        .copied()
        .collect();
    let cut = grants.into_iter().map(|grant| Grant {
        permissions: &grant.permissions & &kept,
        ..grant
    });
    cut.filter(|grant| !grant.permissions.is_empty()).collect()
}

#[cfg(test)]
#[path = "repo_role_tests.rs"]
mod tests;
