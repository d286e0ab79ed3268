//! Login, logout, another password. A user has one token as long as they are logged in: login hands it out again,
//! logout and another password end it. An unknown address and a wrong password are answered alike, after the same
//! work.

use std::sync::Arc;

use serde_json::json;

use super::{
    Actor, KeyNest, Login, User,
    account::own_number,
    door,
    log::{Doer, Done},
    padded,
    session::{Token, user_id},
};
use crate::{
    Error,
    api_key::ApiToken,
    audit::{Origin, Outcome},
    record::Kept,
    secret_value::SecretValue,
    store::Commit,
    usecase::{ATTEMPTS, Caller, contended, documents::dropping},
};

const WRONG: Error = Error::Unauthenticated("Invalid credentials");

impl KeyNest {
    /// The user of this address and password, with their token: the one they have, or a new one.
    pub async fn login(&self, email: &str, password: &SecretValue, origin: Origin) -> Result<Login, Error> {
        let found = self.user_by_email(email).await?;
        let kept = found.as_ref().map(|user| &user.body.password);
        let good = self.is_password(kept, password).await?;
        let active = found.filter(|user| user.body.is_active());
        let (true, Some(user)) = (good, active) else {
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
            // Another password since it was compared, or kept out since.
            if user.body.password != compared || !user.body.is_active() {
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
        let signed = Arc::new(self.standing(number).await?);
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
                found.body.token.clone()
            }
            None => self.new_token(&mut commit, number)?,
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
        let number = own_number(actor)?;
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
        let number = own_number(actor)?;
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

    pub(super) async fn set_password(
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
    pub(super) async fn end_session(
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

    async fn token_of(&self, number: u64) -> Result<Option<Kept<Token>>, Error> {
        let home = self.home().await?;
        self.coffer.kept::<Token>(home, &padded(number)).await
    }

    /// Adds to a commit a new token of a user who has none.
    pub(super) fn new_token(&self, commit: &mut Commit, user: u64) -> Result<SecretValue, Error> {
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
            token: SecretValue::from(text.as_str()),
        };
        let draft = self
            .coffer
            .draft(commit.organization, &padded(user), None, body, Some(digest))?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(SecretValue::from(text))
    }
}
