//! Users: registration, login, logout, another password. A user has one token as long as they are logged in; login
//! hands it out again, and logout and another password end it. An unknown address and a wrong password are
//! answered alike, after the same work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    DOOR, KeyNest, Organization, Role, door,
    log::{Doer, Done},
    padded,
    password::Hashed,
    records::Filed,
    session::{Actor, user_id},
};
use crate::{
    Error,
    api_key::TokenDigest,
    audit::{Origin, Outcome},
    record::{Collection, Document, Kept},
    secret_value::SecretValue,
    usecase::documents::missing,
};

/// Somebody with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Their number.
    pub number: u64,
    /// Their name, unique.
    pub username: String,
    /// Their address in lower case, unique.
    pub email: String,
    /// Their first name, or nothing.
    pub first_name: String,
    /// Their last name, or nothing.
    pub last_name: String,
    pub(super) password: Hashed,
    /// When they registered.
    pub joined_at: Timestamp,
    /// When they logged in last.
    pub last_login: Option<Timestamp>,
    /// Since when they are kept out; `None`: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
}

impl Document for User {
    const COLLECTION: Collection = Collection::new("keynest.user");
    const NOUN: &'static str = "user";
}

impl Filed for User {}

impl User {
    /// First and last name; the username where there is neither.
    pub fn full_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        match full.trim() {
            "" => self.username.clone(),
            full => full.to_owned(),
        }
    }

    /// Whether they can log in.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    pub(super) fn doer(&self) -> Doer {
        Doer {
            user: Some(self.number),
            name: self.full_name(),
            email: self.email.clone(),
        }
    }
}

/// A name that is taken, and by which number. Names of people are kept as keyed digests: they are not for every
/// reader of a disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) number: u64,
}

impl Document for Claim {
    const COLLECTION: Collection = Collection::new("keynest.claim");
    const NOUN: &'static str = "claim";
}

impl Filed for Claim {}

/// Who wants to register; every field is well formed.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub username: String,
    /// The address, in lower case.
    pub email: String,
    /// The password.
    pub password: SecretValue,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
}

/// How a registration went.
#[derive(Debug)]
pub enum Registration {
    /// There is a new user.
    Done(Box<Login>),
    /// Somebody has that already.
    Taken {
        /// The name.
        username: bool,
        /// The address.
        email: bool,
    },
}

/// A user with their token.
#[derive(Debug)]
pub struct Login {
    /// The user.
    pub user: User,
    /// The token, forty hexadecimal digits.
    pub token: SecretValue,
    /// Their organizations with their roles, by number.
    pub organizations: Vec<(Organization, Role)>,
}

impl KeyNest {
    /// A new user with a token and an organization of their own.
    pub async fn register(&self, new: &NewUser, origin: Origin) -> Result<Registration, Error> {
        let caller = door(origin);
        let home = self.home().await?;
        let taken = self.taken(new).await?;
        if let Registration::Taken { username, email } = taken
            && (username || email)
        {
            return Ok(taken);
        }
        let user = self.new_user(new).await?;
        let number = user.number;
        let first = match user.first_name.as_str() {
            "" => &user.username,
            first => first,
        };
        let own = self
            .new_organization(&format!("{first}'s Organization"), None)
            .await?;
        let doer = user.doer();
        self.make_tenant(&caller, &own, &doer).await?;
        let mut commit = self.commit(
            &caller,
            home,
            "user.register",
            format!("user:{}", user_id(number)),
        );
        self.put_new(&mut commit, &padded(number), user.clone())?;
        for claim in [self.email_claim(&user.email), self.username_claim(&user.username)] {
            self.put_new(&mut commit, &claim?, Claim { number })?;
        }
        self.put_organization(&mut commit, &own)?;
        let member = self.founder(&own, number);
        self.put_new(&mut commit, &member.key(), member)?;
        let token = self.new_token(&mut commit, number)?;
        let details = json!({ "username": user.username });
        self.note(
            &mut commit,
            &doer,
            &Done::new("user_registered", "user", number, details),
        )
        .await?;
        if self.coffer.try_commit(commit).await? {
            let organizations = vec![(own, Role::Admin)];
            return Ok(Registration::Done(Box::new(Login {
                user,
                token,
                organizations,
            })));
        }
        // Somebody took one of the names in the meantime.
        self.taken(new).await
    }

    /// A user who is not there yet.
    async fn new_user(&self, new: &NewUser) -> Result<User, Error> {
        let password = self.hashed(&new.password).await?;
        let number = self.next_number::<User>().await?;
        Ok(User {
            number,
            username: new.username.clone(),
            email: new.email.clone(),
            first_name: new.first_name.clone(),
            last_name: new.last_name.clone(),
            password,
            joined_at: self.coffer.clock.now(),
            last_login: None,
            disabled_at: None,
        })
    }

    async fn taken(&self, new: &NewUser) -> Result<Registration, Error> {
        Ok(Registration::Taken {
            username: self
                .claimed(&self.username_claim(&new.username)?)
                .await?
                .is_some(),
            email: self.claimed(&self.email_claim(&new.email)?).await?.is_some(),
        })
    }

    /// The actor as a user.
    pub async fn profile(&self, actor: &Actor) -> Result<User, Error> {
        let number = own_number(actor)?;
        let user = self.user(number).await?;
        let target = format!("user:{}", user_id(number));
        let event = self
            .coffer
            .event(&actor.caller, "user.read", target, Outcome::Allowed);
        self.coffer.store.record(self.home().await?, event).await?;
        Ok(user.body)
    }

    /// The user of this number.
    pub(super) async fn user(&self, number: u64) -> Result<Kept<User>, Error> {
        let home = self.home().await?;
        let found = self.coffer.kept::<User>(home, &padded(number)).await?;
        found.ok_or_else(|| missing::<User>(&number.to_string()))
    }

    /// The user of this address, in any case.
    pub(super) async fn user_by_email(&self, email: &str) -> Result<Option<Kept<User>>, Error> {
        let claim = self.email_claim(&email.to_lowercase())?;
        match self.claimed(&claim).await? {
            Some(number) => self.user(number).await.map(Some),
            None => Ok(None),
        }
    }

    /// The actor as a user; `None`: they are none.
    pub(super) async fn own_user(&self, actor: &Actor) -> Result<Option<Kept<User>>, Error> {
        match actor.user() {
            Some(number) => self.user(number).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn claimed(&self, claim: &str) -> Result<Option<u64>, Error> {
        let home = self.home().await?;
        let found = self.coffer.kept::<Claim>(home, claim).await?;
        Ok(found.map(|claim| claim.body.number))
    }

    fn email_claim(&self, email: &str) -> Result<String, Error> {
        self.claim("email", email)
    }

    fn username_claim(&self, username: &str) -> Result<String, Error> {
        self.claim("username", username)
    }

    fn claim(&self, kind: &str, text: &str) -> Result<String, Error> {
        let short = hex::encode(Sha256::digest(text.as_bytes()));
        let digest = self.digest(&format!("{kind}.{short}"));
        let TokenDigest(bytes) = digest.ok_or_else(|| Error::invalid(kind, "is too long"))?;
        Ok(format!("{kind}.{}", hex::encode(bytes)))
    }
}

/// The number of an actor who is a user.
pub(super) fn own_number(actor: &Actor) -> Result<u64, Error> {
    actor.user().ok_or_else(|| Error::Forbidden {
        permission: crate::rights::Permission::Read,
        target: format!("a user of {DOOR}: this is a key"),
    })
}
