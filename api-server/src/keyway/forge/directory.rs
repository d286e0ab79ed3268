//! The static directory: users, organizations, repositories and roles in one JSON file, read again whenever it
//! changes. It holds tokens: whoever reads it can be any of its users.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use async_trait::async_trait;
use coffer_domain::{
    forge::{Collaborator, Forge, ForgeError, ForgeOrganization, ForgeUser, Member, Membership, Repository},
    repo_role::RepoRole,
    secret_value::SecretValue,
};
use parking_lot::Mutex;

use super::{
    avatar,
    listed::{self, Listed, ListedOrganization, ListedRepository, ListedUser},
    picture,
};
use crate::keyway::settings::BadForge;

/// When a file was changed, and how long it is.
type Stamp = (SystemTime, u64);

/// The directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    read: Mutex<(Stamp, Arc<Listed>)>,
}

impl Directory {
    /// The directory in this file.
    pub fn open(path: PathBuf) -> Result<Self, BadForge> {
        let wrong = |error: ForgeError| BadForge(format!("--keyway-directory {}: {error}", path.display()));
        let stamp = stamp(&path).map_err(wrong)?;
        let listed = load(&path).map_err(wrong)?;
        let read = Mutex::new((stamp, Arc::new(listed)));
        Ok(Self { path, read })
    }

    /// What the file says now. While it cannot be read, nobody is known: a role that was taken away must not
    /// live on by a typing mistake.
    fn now(&self) -> Result<Arc<Listed>, ForgeError> {
        let stamp = stamp(&self.path)?;
        let mut read = self.read.lock();
        if read.0 != stamp {
            *read = (stamp, Arc::new(load(&self.path)?));
        }
        Ok(Arc::clone(&read.1))
    }
}

fn stamp(path: &PathBuf) -> Result<Stamp, ForgeError> {
    let unread = |error: std::io::Error| ForgeError(format!("the directory cannot be read: {error}"));
    let about = fs::metadata(path).map_err(unread)?;
    Ok((about.modified().map_err(unread)?, about.len()))
}

fn load(path: &Path) -> Result<Listed, ForgeError> {
    listed::load(path).map_err(|fault| ForgeError(fault.to_string()))
}

impl ListedUser {
    fn user(&self) -> ForgeUser {
        ForgeUser {
            id: self.id,
            login: self.login.clone(),
            email: self.email.clone(),
            avatar: avatar(self.id),
        }
    }
}

impl Listed {
    fn repository(&self, full_name: &str) -> Option<&ListedRepository> {
        self.repositories
            .iter()
            .find(|listed| listed.name.eq_ignore_ascii_case(full_name))
    }

    fn organization(&self, login: &str) -> Option<&ListedOrganization> {
        self.organizations
            .iter()
            .find(|listed| listed.login.eq_ignore_ascii_case(login))
    }
}

impl ListedRepository {
    /// The role of a login; an owner is an administrator.
    fn role(&self, login: &str) -> Option<RepoRole> {
        let named = self
            .roles
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(login));
        let owns = self
            .name
            .split('/')
            .next()
            .is_some_and(|owner| owner.eq_ignore_ascii_case(login));
        named.map(|(_, role)| *role).or(owns.then_some(RepoRole::Admin))
    }
}

#[async_trait]
impl Forge for Directory {
    fn owners(&self) -> Vec<String> {
        let Ok(listed) = self.now() else {
            return Vec::new();
        };
        let owner = |listed: &ListedRepository| Some(listed.name.split_once('/')?.0.to_ascii_lowercase());
        let mut owners: Vec<String> = listed.repositories.iter().filter_map(owner).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    async fn user_by_token(&self, token: &SecretValue) -> Result<Option<ForgeUser>, ForgeError> {
        let listed = self.now()?;
        let holds = |user: &&ListedUser| user.tokens.iter().any(|known| known.is(token));
        Ok(listed.users.iter().find(holds).map(ListedUser::user))
    }

    async fn repository(&self, owner: &str, name: &str) -> Result<Option<Repository>, ForgeError> {
        let listed = self.now()?;
        let Some(found) = listed.repository(&format!("{owner}/{name}")) else {
            return Ok(None);
        };
        let (owner, name) = found.name.split_once('/').unwrap_or_default();
        Ok(Some(Repository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            id: found.id,
            owner_id: found.owner_id,
            private: found.private,
            organization: listed.organization(owner).is_some(),
            installation: (!found.not_installed).then(|| found.installation.unwrap_or(1)),
        }))
    }

    async fn role(&self, repository: &Repository, login: &str) -> Result<Option<RepoRole>, ForgeError> {
        let listed = self.now()?;
        let found = listed.repository(&repository.full_name());
        Ok(found.and_then(|found| found.role(login)))
    }

    async fn collaborators(&self, repository: &Repository) -> Result<Vec<Collaborator>, ForgeError> {
        let listed = self.now()?;
        let Some(found) = listed.repository(&repository.full_name()) else {
            return Ok(Vec::new());
        };
        let one = |user: &ListedUser| {
            let (user, bot) = (user.user(), user.bot);
            let role = found.role(&user.login)?;
            Some(Collaborator { user, role, bot })
        };
        Ok(listed.users.iter().filter_map(one).collect())
    }

    async fn membership(&self, organization: &str, login: &str) -> Result<Option<Membership>, ForgeError> {
        let listed = self.now()?;
        let among = |logins: &[String]| logins.iter().any(|known| known.eq_ignore_ascii_case(login));
        Ok(listed.organization(organization).and_then(|found| {
            if among(&found.owners) {
                Some(Membership::Owner)
            } else {
                among(&found.members).then_some(Membership::Member)
            }
        }))
    }

    async fn organizations(&self) -> Result<Vec<String>, ForgeError> {
        let listed = self.now()?;
        Ok(listed.organizations.iter().map(|it| it.login.clone()).collect())
    }

    async fn organization(&self, login: &str) -> Result<Option<ForgeOrganization>, ForgeError> {
        let listed = self.now()?;
        Ok(listed.organization(login).map(|found| ForgeOrganization {
            avatar: picture(&found.login),
            login: found.login.clone(),
            name: None,
        }))
    }

    async fn members(&self, organization: &str) -> Result<Vec<Member>, ForgeError> {
        let listed = self.now()?;
        let Some(found) = listed.organization(organization) else {
            return Ok(Vec::new());
        };
        let known = |login: &String| {
            listed
                .users
                .iter()
                .find(|it| it.login.eq_ignore_ascii_case(login))
        };
        let of = |logins: &[String], is| {
            let users = logins.iter().filter_map(known).map(ListedUser::user);
            users.map(|user| Member { user, is }).collect::<Vec<_>>()
        };
        let mut all = of(&found.owners, Membership::Owner);
        // Whoever is listed twice is an owner.
        let mut others = of(&found.members, Membership::Member);
        others.retain(|one| all.iter().all(|owner| owner.user.id != one.user.id));
        all.extend(others);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "users": [{"login": "Octocat", "id": 1, "tokens": ["ghp_admin"]}, {"login": "dev", "id": 2}],
        "organizations": [{"login": "acme", "owners": ["octocat"], "members": ["dev"]}],
        "repositories": [
            {"name": "octocat/App", "id": 10, "ownerId": 1, "roles": {"dev": "write"}},
            {"name": "acme/api", "id": 11, "ownerId": 3, "private": true, "notInstalled": true}
        ]
    }"#;

    #[tokio::test]
    async fn what_the_file_says_is_known_and_a_change_counts_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("directory.json");
        fs::write(&path, FILE).unwrap();
        let forge = Directory::open(path.clone()).unwrap();
        let token = SecretValue::from("ghp_admin");
        assert_eq!(forge.user_by_token(&token).await.unwrap().unwrap().id, 1);
        assert_eq!(forge.user_by_token(&SecretValue::from("")).await.unwrap(), None);
        let app = forge.repository("OCTOCAT", "app").await.unwrap().unwrap();
        assert_eq!(
            (app.full_name().as_str(), app.organization),
            ("octocat/App", false)
        );
        assert_eq!(forge.role(&app, "octocat").await.unwrap(), Some(RepoRole::Admin));
        assert_eq!(forge.role(&app, "DEV").await.unwrap(), Some(RepoRole::Write));
        assert_eq!(forge.role(&app, "other").await.unwrap(), None);
        let api = forge.repository("acme", "api").await.unwrap().unwrap();
        assert!(api.organization && api.private && api.installation.is_none());
        assert_eq!(
            forge.membership("ACME", "octocat").await.unwrap(),
            Some(Membership::Owner)
        );
        assert_eq!(
            forge.membership("acme", "dev").await.unwrap(),
            Some(Membership::Member)
        );
        assert_eq!(forge.membership("nobody", "dev").await.unwrap(), None);
        assert_eq!(forge.organizations().await.unwrap(), ["acme"]);
        let acme = forge.organization("ACME").await.unwrap().unwrap();
        assert_eq!((acme.login.as_str(), acme.name), ("acme", None));
        assert_eq!(forge.organization("octocat").await.unwrap(), None);
        let members = forge.members("Acme").await.unwrap();
        let told: Vec<_> = members.iter().map(|it| (it.user.login.as_str(), it.is)).collect();
        assert_eq!(
            told,
            [("Octocat", Membership::Owner), ("dev", Membership::Member)]
        );
        assert!(forge.members("nobody").await.unwrap().is_empty());

        fs::write(&path, FILE.replace(r#", "roles": {"dev": "write"}"#, "")).unwrap();
        assert_eq!(forge.role(&app, "dev").await.unwrap(), None);
        fs::write(&path, "{").unwrap();
        assert!(
            forge.role(&app, "octocat").await.is_err(),
            "nobody is known by a broken file"
        );
    }

    #[tokio::test]
    async fn what_an_administrator_changes_is_known_at_once_and_is_nobody_elses_to_read() {
        use std::os::unix::fs::PermissionsExt;

        use coffer_domain::testkit::SeededEntropy;

        use crate::keyway::forge::admin::{AdminError, NewRepository, NewUser};

        let directory = tempfile::tempdir().unwrap();
        let (path, entropy) = (directory.path().join("directory.json"), SeededEntropy::new(3));
        let token = listed::change(&path, |listed| {
            let user = NewUser {
                login: "octocat".to_owned(),
                ..NewUser::default()
            };
            listed.add_user(user, &entropy)?;
            let repository = NewRepository {
                name: "acme/api".to_owned(),
                ..NewRepository::default()
            };
            listed.add_repository(repository, &entropy)?;
            listed.set_role("acme/api", "octocat", Some(RepoRole::Write))?;
            listed.add_token("octocat", &entropy)
        });
        let token = token.unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let forge = Directory::open(path.clone()).unwrap();
        let user = forge.user_by_token(&token).await.unwrap().unwrap();
        let api = forge.repository("acme", "api").await.unwrap().unwrap();
        assert_eq!(
            forge.role(&api, &user.login).await.unwrap(),
            Some(RepoRole::Write)
        );
        let before = fs::read(&path).unwrap();
        let refused = listed::change(&path, |listed| {
            listed.remove_user("octocat")?;
            listed.set_role("acme/api", "nobody", None)
        });
        assert!(matches!(refused, Err(AdminError::Missing("user", _))));
        assert_eq!(fs::read(&path).unwrap(), before, "all of it, or nothing");
        listed::change(&path, |listed| listed.remove_tokens("octocat", None)).unwrap();
        assert_eq!(forge.user_by_token(&token).await.unwrap(), None);
    }

    #[test]
    fn a_broken_file_is_refused_without_quoting_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("directory.json");
        fs::write(&path, r#"{"users": [{"login": 1, "tokens": ["ghp_canary"]}]}"#).unwrap();
        let why = Directory::open(path).unwrap_err().to_string();
        assert!(why.contains("line 1") && !why.contains("ghp_canary"), "{why}");
    }
}
