//! Variables: the secrets of an environment whose names a shell can take. Who may list and not read them sees that
//! they are there.

use super::{
    Actor, KeyNest, Page, VariableView,
    adopt::Numbered,
    environment::{Spot, sees},
    view::{Window, page_of},
};
use crate::{
    Error,
    address::Address,
    audit::Outcome,
    entity::Secret,
    envfile::is_variable_name,
    name::SecretName,
    record::Kept,
    rights::Permission,
    secret_value::SecretValue,
    store::StoreError,
    usecase::{Caller, access::Ask, consumers::may_read, documents::missing},
};

/// A value as it is shown.
#[derive(Debug, Clone)]
pub enum Shown {
    /// It is this text.
    Value(SecretValue),
    /// Not to this one.
    Hidden,
    /// It is no text, or does not open.
    Unreadable,
    /// Not at this time.
    Unusable,
}

/// What is to be different; `None` leaves what there is.
#[derive(Debug, Clone, Default)]
pub struct VariableChange {
    /// Its name.
    pub key: Option<SecretName>,
    /// Its value.
    pub value: Option<SecretValue>,
    /// The environment it is in.
    pub environment: Option<u64>,
}

impl VariableChange {
    pub(super) fn is_empty(&self) -> bool {
        self.key.is_none() && self.value.is_none() && self.environment.is_none()
    }
}

pub(super) const LIST: Ask = Ask {
    permission: Permission::List,
    action: "secret.list",
};
/// A variable with all it is in.
pub(super) struct Held {
    pub(super) spot: Spot,
    pub(super) numbered: Kept<Numbered>,
    pub(super) secret: Secret,
}

impl Held {
    pub(super) fn address(&self) -> Address {
        self.spot.place.secret(self.secret.name.clone())
    }
}

impl KeyNest {
    /// The variables of an environment, by number, whose names hold a text.
    pub async fn variables_in(
        &self,
        actor: &Actor,
        environment: u64,
        key: Option<&str>,
        window: Window,
    ) -> Result<Page<VariableView>, Error> {
        let spot = self.enter_nested(actor, environment, LIST).await?;
        self.variable_page(actor, vec![spot], key, window).await
    }

    /// The variables of all environments that the actor sees, or of one of them.
    pub async fn variables(
        &self,
        actor: &Actor,
        environment: Option<u64>,
        key: Option<&str>,
        window: Window,
    ) -> Result<Page<VariableView>, Error> {
        let mut spots = self.visible_spots(actor).await?;
        spots.retain(|spot| environment.is_none_or(|only| spot.environment.body.number == only));
        self.variable_page(actor, spots, key, window).await
    }

    async fn variable_page(
        &self,
        actor: &Actor,
        spots: Vec<Spot>,
        key: Option<&str>,
        window: Window,
    ) -> Result<Page<VariableView>, Error> {
        let mut all = Vec::new();
        for spot in spots {
            for (numbered, secret) in self.variables_of(&spot.located, &spot.place).await? {
                let met = key.is_none_or(|text| holds(secret.name.as_str(), text));
                if met && sees(actor, &spot.located, &spot.place, Some(&secret.name)) {
                    let spot = spot.clone();
                    all.push(Held {
                        spot,
                        numbered,
                        secret,
                    });
                }
            }
        }
        all.sort_by_key(|held| held.numbered.body.number);
        let page = page_of(all, window);
        let mut items = Vec::with_capacity(page.items.len());
        for held in page.items {
            items.push(self.variable_view(actor, &held).await?);
        }
        let count = page.count;
        Ok(Page { items, count })
    }

    /// One of them.
    pub async fn get_variable(&self, actor: &Actor, number: u64) -> Result<VariableView, Error> {
        let held = self.held(actor, number, LIST).await?;
        self.variable_view(actor, &held).await
    }

    /// The variable of this number, if the actor may do this to it.
    pub(super) async fn held(&self, actor: &Actor, number: u64, ask: Ask) -> Result<Held, Error> {
        let missing = || missing::<Numbered>(&number.to_string());
        let numbered = self.numbered::<Numbered>(number).await?.ok_or_else(missing)?;
        let id = numbered.key.parse().map_err(|_| missing())?;
        let secret = self.coffer.store.secret_by_id(id).await?;
        let lives = |secret: &Secret| secret.trashed.is_none() && secret.current.is_some();
        let secret = secret
            .filter(lives)
            .filter(|secret| is_variable_name(secret.name.as_str()))
            .ok_or_else(missing)?;
        let located = self.coffer.store.vault_by_id(secret.vault).await?;
        let located = located.ok_or_else(missing)?;
        let spot = self.spot_in(&located, &secret.environment).await?;
        let spot = spot.ok_or_else(missing)?;
        self.coffer
            .authorise(&actor.caller, ask, &spot.place, Some(&secret.name))
            .await?;
        Ok(Held {
            spot,
            numbered,
            secret,
        })
    }

    /// A variable as the actor may see it: one access, whose record names the version if the value is shown.
    pub(super) async fn variable_view(&self, actor: &Actor, held: &Held) -> Result<VariableView, Error> {
        let (shown, version) = self.shown(&actor.caller, &held.spot, &held.secret).await?;
        let action = if version.is_some() {
            "secret.read"
        } else {
            "secret.list"
        };
        let target = held.address().to_string();
        let mut event = self.coffer.event(&actor.caller, action, target, Outcome::Allowed);
        event.versions.extend(version);
        let organization = held.spot.located.organization.id;
        self.coffer.store.record(organization, event).await?;
        let Numbered {
            number, created_by, ..
        } = &held.numbered.body;
        Ok(view_of(&held.spot, *number, &held.secret, created_by, shown))
    }

    /// A value as it is shown, and which version of it.
    pub(super) async fn shown(
        &self,
        caller: &Caller,
        spot: &Spot,
        secret: &Secret,
    ) -> Result<(Shown, Option<String>), Error> {
        let located = &spot.located;
        if !may_read(caller, located, secret) {
            return Ok((Shown::Hidden, None));
        }
        if secret.usable(self.coffer.clock.now()).is_err() {
            return Ok((Shown::Unusable, None));
        }
        let environment = &spot.place.environment;
        let opened = self
            .coffer
            .store
            .open(located, environment, &secret.name, None)
            .await;
        let opened = match opened {
            // One row that does not open must not hide the others.
            Err(StoreError::Broken(_)) => return Ok((Shown::Unreadable, None)),
            other => other?,
        };
        let Some((meta, value)) = opened.and_then(|opened| Some((opened.meta, opened.value?))) else {
            return Ok((Shown::Unusable, None));
        };
        let version = Some(meta.version.to_string());
        match std::str::from_utf8(value.reveal()) {
            Ok(_) => Ok((Shown::Value(value), version)),
            Err(_) => Ok((Shown::Unreadable, version)),
        }
    }
}

pub(super) fn view_of(
    spot: &Spot,
    number: u64,
    secret: &Secret,
    created_by: &str,
    value: Shown,
) -> VariableView {
    VariableView {
        number,
        key: secret.name.to_string(),
        value,
        environment: spot.environment.body.number,
        environment_name: spot.environment.body.name.to_string(),
        created_by: created_by.to_owned(),
        created_at: secret.created_at,
        updated_at: secret.updated_at,
    }
}

fn holds(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(&text.to_lowercase())
}
