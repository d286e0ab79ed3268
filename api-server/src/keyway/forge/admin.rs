//! What an administrator does to the directory: adding and removing users, tokens, repositories, roles and
//! organizations. Pure, on what stands in the file.

use coffer_domain::{port::Entropy, repo_role::RepoRole, secret_value::SecretValue};
use thiserror::Error;

use super::listed::{FileFault, Listed, ListedOrganization, ListedRepository, ListedUser, Token};
use crate::keyway::model::repo::Repo;

/// Clients that log in with a token insist on this beginning.
const PREFIX: &str = "github_pat_";

/// Why something could not be done.
#[derive(Debug, Error)]
pub enum AdminError {
    /// It is there already.
    #[error("{0} {1} is there already")]
    There(&'static str, String),
    /// It is not there.
    #[error("there is no {0} {1}")]
    Missing(&'static str, String),
    /// It is no name.
    #[error("{0:?} is not a name: 1 to 39 letters, digits, '_', '.' and '-'")]
    Name(String),
    /// The file.
    #[error(transparent)]
    File(#[from] FileFault),
}

/// A user to be added.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Their login.
    pub login: String,
    /// Their number; without, one that was nobody's.
    pub id: Option<u64>,
    /// Their address.
    pub email: Option<String>,
    /// Whether they are a program.
    pub bot: bool,
}

/// A repository to be added.
#[derive(Debug, Clone, Default)]
pub struct NewRepository {
    /// `owner/repo`.
    pub name: String,
    /// Its number; without, one of chance.
    pub id: Option<u64>,
    /// Whether only some may see it.
    pub private: bool,
}

/// A number that was nobody's before: whoever had it and was removed must not live on in another.
fn fresh(entropy: &dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    // 52 bits, which every JSON reader holds exactly; not a small one, such as a forge has given out.
    (u64::from_le_bytes(bytes) >> 12) | (1 << 51)
}

fn login(text: &str) -> Result<String, AdminError> {
    match Repo::of(text, "x") {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(AdminError::Name(text.to_owned())),
    }
}

impl Listed {
    fn user_mut(&mut self, login: &str) -> Result<&mut ListedUser, AdminError> {
        let found = self
            .users
            .iter_mut()
            .find(|user| user.login.eq_ignore_ascii_case(login));
        found.ok_or_else(|| AdminError::Missing("user", login.to_owned()))
    }

    fn repository_mut(&mut self, name: &str) -> Result<&mut ListedRepository, AdminError> {
        let found = self
            .repositories
            .iter_mut()
            .find(|one| one.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| AdminError::Missing("repository", name.to_owned()))
    }

    /// Adds a user, who has no token yet.
    pub fn add_user(&mut self, new: NewUser, entropy: &dyn Entropy) -> Result<(), AdminError> {
        let login = login(&new.login)?;
        if self.user_mut(&login).is_ok() {
            return Err(AdminError::There("user", login));
        }
        let id = new.id.unwrap_or_else(|| fresh(entropy));
        if self.users.iter().any(|user| user.id == id) {
            return Err(AdminError::There("user number", id.to_string()));
        }
        self.users.push(ListedUser {
            login,
            id,
            email: new.email,
            tokens: Vec::new(),
            bot: new.bot,
        });
        Ok(())
    }

    /// Removes a user with all their tokens, roles and memberships.
    pub fn remove_user(&mut self, login: &str) -> Result<(), AdminError> {
        self.user_mut(login)?;
        let other = |known: &str| !known.eq_ignore_ascii_case(login);
        self.users.retain(|user| other(&user.login));
        for repository in &mut self.repositories {
            repository.roles.retain(|known, _| other(known));
        }
        for organization in &mut self.organizations {
            organization.owners.retain(|known| other(known));
            organization.members.retain(|known| other(known));
        }
        Ok(())
    }

    /// Gives a user one more token, which is told here and never again: its digest is all that is kept.
    pub fn add_token(&mut self, login: &str, entropy: &dyn Entropy) -> Result<SecretValue, AdminError> {
        let user = self.user_mut(login)?;
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let token = SecretValue::from(format!("{PREFIX}{}", hex::encode(bytes)));
        user.tokens.push(Token::digest_of(&token));
        Ok(token)
    }

    /// Takes all tokens from a user, or this one; how many those were.
    pub fn remove_tokens(&mut self, login: &str, token: Option<&SecretValue>) -> Result<usize, AdminError> {
        let user = self.user_mut(login)?;
        let before = user.tokens.len();
        user.tokens
            .retain(|known| token.is_some_and(|token| !known.is(token)));
        Ok(before - user.tokens.len())
    }

    /// Adds a repository, on which nobody but its owner has a role yet.
    pub fn add_repository(&mut self, new: NewRepository, entropy: &dyn Entropy) -> Result<(), AdminError> {
        let bad = || AdminError::Name(new.name.clone());
        let repo = Repo::parse("name", &new.name).map_err(|_| bad())?;
        if self.repository_mut(&new.name).is_ok() {
            return Err(AdminError::There("repository", new.name));
        }
        let owner = |known: &str| known.eq_ignore_ascii_case(&repo.owner);
        let beside = self.repositories.iter();
        let mut beside = beside.filter(|one| one.name.split('/').next().is_some_and(owner));
        let owner_id = beside.next().map(|one| one.owner_id);
        let user = self.users.iter().find(|user| owner(&user.login));
        let owner_id = owner_id.or(user.map(|user| user.id));
        self.repositories.push(ListedRepository {
            name: new.name,
            id: new.id.unwrap_or_else(|| fresh(entropy)),
            owner_id: owner_id.unwrap_or_else(|| fresh(entropy)),
            private: new.private,
            installation: None,
            not_installed: false,
            roles: std::collections::BTreeMap::new(),
        });
        Ok(())
    }

    /// Removes a repository. Its vault stays, out of everybody's reach here.
    pub fn remove_repository(&mut self, name: &str) -> Result<(), AdminError> {
        self.repository_mut(name)?;
        self.repositories
            .retain(|one| !one.name.eq_ignore_ascii_case(name));
        Ok(())
    }

    /// Gives a user a role on a repository, in place of the one they had; `None` takes it away.
    pub fn set_role(&mut self, name: &str, login: &str, role: Option<RepoRole>) -> Result<(), AdminError> {
        let known = self.user_mut(login)?.login.clone();
        let repository = self.repository_mut(name)?;
        let before = repository.roles.len();
        repository
            .roles
            .retain(|other, _| !other.eq_ignore_ascii_case(login));
        match role {
            Some(role) => {
                repository.roles.insert(known, role);
            }
            None if before == repository.roles.len() => {
                return Err(AdminError::Missing("role of", known));
            }
            None => {}
        }
        Ok(())
    }

    /// Makes an organization of an owner's login, or gives one these owners and members.
    pub fn set_organization(
        &mut self,
        name: &str,
        owners: &[String],
        members: &[String],
    ) -> Result<(), AdminError> {
        let name = login(name)?;
        for person in owners.iter().chain(members) {
            self.user_mut(person)?;
        }
        self.organizations
            .retain(|one| !one.login.eq_ignore_ascii_case(&name));
        self.organizations.push(ListedOrganization {
            login: name,
            owners: owners.to_vec(),
            members: members.to_vec(),
        });
        Ok(())
    }

    /// Removes an organization; its repositories stay.
    pub fn remove_organization(&mut self, name: &str) -> Result<(), AdminError> {
        let before = self.organizations.len();
        self.organizations
            .retain(|one| !one.login.eq_ignore_ascii_case(name));
        if self.organizations.len() == before {
            return Err(AdminError::Missing("organization", name.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::testkit::SeededEntropy;

    use super::*;

    fn user(login: &str) -> NewUser {
        NewUser {
            login: login.to_owned(),
            ..NewUser::default()
        }
    }

    #[test]
    fn a_token_is_told_once_and_kept_as_a_digest() {
        let (mut listed, entropy) = (Listed::default(), SeededEntropy::new(1));
        listed.add_user(user("Octocat"), &entropy).unwrap();
        let token = listed.add_token("octocat", &entropy).unwrap();
        let text = std::str::from_utf8(token.reveal()).unwrap();
        assert!(text.starts_with("github_pat_") && text.len() == 75, "{text}");
        let file = serde_json::to_string(&listed).unwrap();
        assert!(file.contains("sha256:") && !file.contains(text), "{file}");
        let read: Listed = serde_json::from_str(&file).unwrap();
        assert!(read.users[0].tokens[0].is(&token));
        let digest = SecretValue::from(file.split('"').find(|part| part.starts_with("sha256:")).unwrap());
        assert!(
            !read.users[0].tokens[0].is(&digest),
            "the digest itself opens nothing"
        );
        let other = listed.add_token("octocat", &entropy).unwrap();
        assert_eq!(listed.remove_tokens("octocat", Some(&token)).unwrap(), 1);
        assert!(listed.users[0].tokens[0].is(&other));
        assert_eq!(listed.remove_tokens("octocat", None).unwrap(), 1);
        assert!(matches!(
            listed.add_token("nobody", &entropy),
            Err(AdminError::Missing("user", _))
        ));
    }

    #[test]
    fn who_is_removed_leaves_nothing_and_comes_back_as_another() {
        let (mut listed, entropy) = (Listed::default(), SeededEntropy::new(1));
        listed.add_user(user("dev"), &entropy).unwrap();
        assert!(matches!(
            listed.add_user(user("DEV"), &entropy),
            Err(AdminError::There("user", _))
        ));
        let repository = NewRepository {
            name: "acme/api".to_owned(),
            private: true,
            ..NewRepository::default()
        };
        listed.add_repository(repository.clone(), &entropy).unwrap();
        assert!(listed.add_repository(repository, &entropy).is_err());
        listed.set_role("ACME/api", "Dev", Some(RepoRole::Write)).unwrap();
        listed.set_role("acme/api", "dev", Some(RepoRole::Read)).unwrap();
        assert_eq!(listed.repositories[0].roles.len(), 1);
        listed.set_organization("acme", &["dev".to_owned()], &[]).unwrap();
        let before = listed.users[0].id;
        listed.remove_user("DEV").unwrap();
        assert!(listed.repositories[0].roles.is_empty() && listed.organizations[0].owners.is_empty());
        listed.add_user(user("dev"), &entropy).unwrap();
        assert_ne!(listed.users[0].id, before, "what the other did is not theirs");
        assert!(listed.set_role("acme/api", "dev", None).is_err());
        listed.remove_repository("acme/api").unwrap();
        listed.remove_organization("acme").unwrap();
        assert!(listed.remove_organization("acme").is_err());
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let (mut listed, entropy) = (Listed::default(), SeededEntropy::new(1));
        for name in ["", "a b", "a/b", "\u{e9}", &"a".repeat(40)] {
            assert!(
                matches!(listed.add_user(user(name), &entropy), Err(AdminError::Name(_))),
                "{name}"
            );
            let repository = NewRepository {
                name: name.to_owned(),
                ..NewRepository::default()
            };
            if name != "a/b" {
                assert!(listed.add_repository(repository, &entropy).is_err(), "{name}");
            }
        }
    }
}
