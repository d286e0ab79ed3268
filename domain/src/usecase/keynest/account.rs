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
    session::{Actor, Token, user_id},
};
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    audit::{Origin, Outcome},
    record::{Collection, Document, Kept},
    secret_value::SecretValue,
    store::Commit,
    usecase::{
        ATTEMPTS, Caller,
        access::not_found,
        contended,
        documents::{dropping, missing},
    },
};

const WRONG: Error = Error::Unauthenticated("Invalid credentials");

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
    password: Hashed,
    /// When they registered.
    pub joined_at: Timestamp,
    /// When they logged in last.
    pub last_login: Option<Timestamp>,
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
        let password = self.hashed(&new.password).await?;
        let number = self.next_number::<User>().await?;
        let user = User {
            number,
            username: new.username.clone(),
            email: new.email.clone(),
            first_name: new.first_name.clone(),
            last_name: new.last_name.clone(),
            password,
            joined_at: self.coffer.clock.now(),
            last_login: None,
        };
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
        self.put(&mut commit, &padded(number), user.clone()).await?;
        for claim in [self.email_claim(&user.email), self.username_claim(&user.username)] {
            self.put(&mut commit, &claim?, Claim { number }).await?;
        }
        self.put_organization(&mut commit, &own).await?;
        let member = self.founder(&own, number);
        self.put(&mut commit, &member.key(), member).await?;
        let token = self.new_token(&mut commit, number).await?;
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

    async fn taken(&self, new: &NewUser) -> Result<Registration, Error> {
        Ok(Registration::Taken {
            username: self
                .claimed(&self.username_claim(&new.username)?)
                .await?
                .is_some(),
            email: self.claimed(&self.email_claim(&new.email)?).await?.is_some(),
        })
    }

    /// The user of this address and password, with their token: the one they have, or a new one.
    pub async fn login(&self, email: &str, password: &SecretValue, origin: Origin) -> Result<Login, Error> {
        let found = self.user_by_email(email).await?;
        let kept = found.as_ref().map(|user| &user.body.password);
        let good = self.is_password(kept, password).await?;
        let (true, Some(user)) = (good, found) else {
            let home = self.home().await?;
            let event = self
                .coffer
                .event(&door(origin), "user.login", "user".to_owned(), Outcome::Denied);
            self.coffer.store.record(home, event).await?;
            return Err(WRONG);
        };
        let (number, compared) = (user.body.number, user.body.password);
        for _ in 0..ATTEMPTS {
            let user = self.user(number).await?;
            // Another password since it was compared.
            if user.body.password != compared {
                return Err(WRONG);
            }
            if let Some(login) = self.logged_in(user, &origin).await? {
                return Ok(login);
            }
        }
        Err(contended("the user"))
    }

    async fn logged_in(&self, user: Kept<User>, origin: &Origin) -> Result<Option<Login>, Error> {
        let number = user.body.number;
        let signed = std::sync::Arc::new(self.standing(number).await?);
        let actor = self.actor_of(signed, origin.clone()).await?;
        let target = format!("user:{}", user_id(number));
        let mut commit = self.commit(&actor.caller, self.home().await?, "user.login", target);
        let now = User {
            last_login: Some(self.coffer.clock.now()),
            ..user.body.clone()
        };
        self.put_over(&mut commit, &user, now.clone())?;
        let token = match self.token_of(number).await? {
            Some(found) => {
                // It must still be the user's when this is done.
                commit.preconditions.push(dropping(&found).0);
                SecretValue::from(found.body.token.as_str())
            }
            None => self.new_token(&mut commit, number).await?,
        };
        let done = Done::new("user_login", "user", number, json!({}));
        self.note(&mut commit, &now.doer(), &done).await?;
        if !self.coffer.try_commit(commit).await? {
            return Ok(None);
        }
        let mut organizations = Vec::new();
        for kept in self.organizations_of(&actor).await? {
            let role = actor.role(kept.body.id);
            organizations.extend(role.map(|role| (kept.body, role)));
        }
        Ok(Some(Login {
            user: now,
            token,
            organizations,
        }))
    }

    /// Ends the actor's token.
    pub async fn logout(&self, actor: &Actor) -> Result<(), Error> {
        let number = self.own_number(actor)?;
        for _ in 0..ATTEMPTS {
            let doer = self.doer(actor).await?;
            let done = Done::new("user_logout", "user", number, json!({}));
            if self
                .end_session(&actor.caller, number, "user.logout", (&doer, &done), None)
                .await?
            {
                return Ok(());
            }
        }
        Err(contended("the user"))
    }

    /// Gives the actor another password, if they know the present one, and ends their token.
    pub async fn change_password(
        &self,
        actor: &Actor,
        present: &SecretValue,
        new: &SecretValue,
    ) -> Result<(), Error> {
        let number = self.own_number(actor)?;
        let user = self.user(number).await?;
        if !self.is_password(Some(&user.body.password), present).await? {
            let home = self.home().await?;
            let target = format!("user:{}", user_id(number));
            let event = self
                .coffer
                .event(&actor.caller, "user.password", target, Outcome::Denied);
            self.coffer.store.record(home, event).await?;
            return Err(Error::invalid("current_password", "This is not your password."));
        }
        let doer = user.body.doer();
        self.set_password(&actor.caller, user, &doer, new).await
    }

    /// Gives the user of this address another password, and ends their token: for who runs the server.
    pub async fn reset_password(&self, email: &str, new: &SecretValue) -> Result<(), Error> {
        let user = self.user_by_email(email).await?;
        let user = user.ok_or_else(|| not_found("user", "of this address".to_owned()))?;
        let caller = door(Origin {
            door: "cli",
            ..Origin::controller()
        });
        let doer = Doer {
            user: None,
            name: "the server's operator".to_owned(),
            email: String::new(),
        };
        self.set_password(&caller, user, &doer, new).await
    }

    async fn set_password(
        &self,
        caller: &Caller,
        found: Kept<User>,
        doer: &Doer,
        new: &SecretValue,
    ) -> Result<(), Error> {
        let password = self.hashed(new).await?;
        let (number, before) = (found.body.number, found.body.password.clone());
        for _ in 0..ATTEMPTS {
            let user = self.user(number).await?;
            if user.body.password != before {
                return Err(contended("the password"));
            }
            let after = User {
                password: password.clone(),
                ..user.body.clone()
            };
            let done = Done::new("user_password_updated", "user", number, json!({}));
            let change = Some((&user, after));
            if self
                .end_session(caller, number, "user.password", (doer, &done), change)
                .await?
            {
                return Ok(());
            }
        }
        Err(contended("the password"))
    }

    /// One commit: the token goes, and what is said of the user changes.
    async fn end_session(
        &self,
        caller: &Caller,
        number: u64,
        action: &str,
        (doer, done): (&Doer, &Done),
        change: Option<(&Kept<User>, User)>,
    ) -> Result<bool, Error> {
        let target = format!("user:{}", user_id(number));
        let mut commit = self.commit(caller, self.home().await?, action, target);
        if let Some((found, after)) = change {
            self.put_over(&mut commit, found, after)?;
        }
        if let Some(token) = self.token_of(number).await? {
            Self::remove(&mut commit, &token);
        }
        self.note(&mut commit, doer, done).await?;
        self.coffer.try_commit(commit).await
    }

    /// The actor as a user.
    pub async fn profile(&self, actor: &Actor) -> Result<User, Error> {
        let number = self.own_number(actor)?;
        let user = self.user(number).await?;
        let target = format!("user:{}", user_id(number));
        let event = self
            .coffer
            .event(&actor.caller, "user.read", target, Outcome::Allowed);
        self.coffer.store.record(self.home().await?, event).await?;
        Ok(user.body)
    }

    fn own_number(&self, actor: &Actor) -> Result<u64, Error> {
        actor.user().ok_or_else(|| Error::Forbidden {
            permission: crate::rights::Permission::Read,
            target: format!("a user of {DOOR}: this is a key"),
        })
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

    /// Writes a user as they are, so that two commits that do are one after the other.
    pub(super) async fn touch_user(&self, commit: &mut Commit, number: u64) -> Result<(), Error> {
        let user = self.user(number).await?;
        let same = user.body.clone();
        self.put_over(commit, &user, same)
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

    async fn token_of(&self, number: u64) -> Result<Option<Kept<Token>>, Error> {
        let home = self.home().await?;
        self.coffer.kept::<Token>(home, &padded(number)).await
    }

    /// Adds to a commit a new token of a user who has none.
    async fn new_token(&self, commit: &mut Commit, user: u64) -> Result<SecretValue, Error> {
        let mut random = [0; 20];
        self.coffer.entropy.fill(&mut random);
        let text = hex::encode(random);
        let broken = || Error::Internal("a token of forty digits is no token".to_owned());
        let digest = self
            .coffer
            .store
            .digest(&ApiToken::parse(&text).ok_or_else(broken)?);
        let body = Token {
            user,
            token: text.clone(),
        };
        let draft = self
            .coffer
            .draft(commit.organization, &padded(user), None, body, Some(digest))?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(SecretValue::from(text))
    }
}
