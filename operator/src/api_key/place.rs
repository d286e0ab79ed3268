//! Where an API key's token is kept: a core Secret, or a secret of the vault. Which token is in place is
//! known by marks that are no secret: the key's id and when its token was made.

use std::{collections::BTreeMap, time::Duration};

use coffer_crds::{ApiKeySpec, EnvironmentScope, Target as Asked, condition::reason};
use coffer_domain::{
    Error,
    address::Place as Environment,
    api_key::ApiToken,
    entity::ApiKey,
    name::SecretName,
    secret_value::SecretValue,
    usecase::secrets::{Declaration, Declared, Source, Succeeding},
};
use jiff::Timestamp;

use crate::{
    context::Context,
    declare::declare,
    failure::Failure,
    halt::Halt,
    identity::{Identity, misnamed},
    problem::Problem,
    succession,
    synced::{self, Content, Target},
};

/// Which token a Secret holds: `<key id>@<when it was made>`.
const MARK: &str = "coffer.dev/api-key";
/// The key of the Secret that holds the key's public id.
const ID_KEY: &str = "key-id";

/// Where the token is, or will be.
pub enum Place<'a> {
    /// A key of a core Secret.
    Secret {
        /// The Secret.
        target: Box<Target<'a>>,
        /// Its key.
        key: &'a str,
    },
    /// A secret of the vault.
    Vault {
        /// Where.
        environment: Environment,
        /// Its name.
        name: SecretName,
    },
}

impl<'a> Place<'a> {
    /// The place that the spec names; a problem if it is someone else's.
    pub async fn find(context: &Context, identity: &'a Identity, spec: &'a ApiKeySpec) -> Result<Self, Halt> {
        let asked = spec.write_to.target();
        match asked.map_err(|bad| Problem::stalled(reason::INVALID_SPEC, bad.to_string()))? {
            Asked::Secret { name, key } if key == ID_KEY => {
                let message =
                    format!("writeTo.secretKey: {ID_KEY} of Secret {name} holds the key's id; name another");
                Err(Problem::stalled(reason::INVALID_SPEC, message).into())
            }
            Asked::Secret { name, key } => Ok(Self::Secret {
                target: Box::new(synced::inspect(context, identity, name).await?),
                key,
            }),
            Asked::VaultKey(key) => {
                let EnvironmentScope::One(environment) = spec.environment() else {
                    let message = "writeTo.vaultKey needs spec.environment to be one environment and not *";
                    return Err(Problem::stalled(reason::INVALID_SPEC, message).into());
                };
                let environment = identity.place(&spec.vault_ref.name, environment)?;
                let name = SecretName::new(key).map_err(|bad| misnamed("writeTo.vaultKey", &bad))?;
                Ok(Self::Vault { environment, name })
            }
        }
    }

    /// When the token of `stored` that is in place was made; `None` when none is.
    pub async fn holds(
        &self,
        context: &Context,
        identity: &Identity,
        stored: &ApiKey,
    ) -> Result<Option<Timestamp>, Error> {
        match self {
            Self::Secret { target, key } => {
                let mark = target.annotation(MARK).filter(|_| target.is_untouched([*key]));
                let made = mark.and_then(|mark| mark.strip_prefix(&format!("{}@", stored.id)));
                Ok(made.and_then(|made| made.parse().ok()))
            }
            Self::Vault { environment, name } => {
                let names = std::slice::from_ref(name);
                let found = context
                    .coffer
                    .survey_secrets(&context.caller, environment, names)
                    .await?;
                let ours = found
                    .into_iter()
                    .find(|secret| secret.owner == Some(identity.owner()));
                let written = ours
                    .filter(|secret| secret.current.is_some())
                    .map(|secret| secret.updated_at);
                // Written after the present token was made: it is the present token.
                Ok(written.map(|at| {
                    if at >= stored.rotated_at {
                        stored.rotated_at
                    } else {
                        at
                    }
                }))
            }
        }
    }

    /// Whether a token that others altered may be replaced.
    pub fn check_repair(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Secret { target, .. } => target.check_repair(context),
            Self::Vault { .. } => Ok(()),
        }
    }

    /// Puts a token in place. In the vault the one before is kept for `patience` at most, for pods that lag.
    pub async fn put(
        &self,
        context: &Context,
        identity: &Identity,
        stored: &ApiKey,
        token: &ApiToken,
        patience: Option<Duration>,
    ) -> Result<(), Halt> {
        match self {
            Self::Secret { target, key } => {
                let id = SecretValue::from(stored.id.to_string());
                let data = BTreeMap::from([
                    ((*key).to_owned(), token.secret().clone()),
                    (ID_KEY.to_owned(), id),
                ]);
                let mark = format!("{}@{}", stored.id, stored.rotated_at);
                let annotations = BTreeMap::from([(MARK.to_owned(), mark)]);
                target
                    .write(&Content {
                        kind: "Opaque",
                        annotations,
                        data,
                    })
                    .await
                    .map(drop)
            }
            Self::Vault { environment, name } => {
                let source = Source::Copy(token.secret().clone());
                let keys = vec![Declared {
                    name: name.clone(),
                    source,
                    rotate: None,
                    patience,
                }];
                let declaration = Declaration {
                    owner: identity.owner(),
                    keys,
                    sweep: false,
                    delete_removed: true,
                };
                Ok(declare(context, environment, &declaration).await.map(drop)?)
            }
        }
    }

    /// Ends the token before, if no live pod needs it any more; how that stands, while it does not.
    pub async fn settle(&self, context: &Context) -> Result<Vec<Succeeding>, Halt> {
        match self {
            Self::Secret { .. } => Ok(Vec::new()),
            Self::Vault { environment, name } => {
                Ok(succession::settle(context, environment, std::slice::from_ref(name)).await?)
            }
        }
    }

    /// Removes tokens that an earlier spec had put elsewhere.
    pub async fn tidy(&self, context: &Context, identity: &Identity, spec: &ApiKeySpec) -> Result<(), Halt> {
        match self {
            Self::Secret { target, .. } => {
                synced::remove_others(context, identity, target.name()).await?;
                Ok(withdraw(context, identity, spec).await?)
            }
            Self::Vault { .. } => synced::remove_others(context, identity, "").await,
        }
    }
}

/// Deletes what the object put in the vault. No vault, no matter.
pub async fn withdraw(context: &Context, identity: &Identity, spec: &ApiKeySpec) -> Result<(), Error> {
    let EnvironmentScope::One(environment) = spec.environment() else {
        return Ok(());
    };
    let Ok(place) = identity.place(&spec.vault_ref.name, environment) else {
        return Ok(());
    };
    match context
        .coffer
        .withdraw_secrets(&context.caller, &place, &identity.owner(), true)
        .await
    {
        Err(Error::NotFound { .. }) => Ok(()),
        result => result,
    }
}
