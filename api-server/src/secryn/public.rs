//! What can change of a key or certificate: whether it is enabled, and whether it has a token of its own.

use coffer_domain::{
    address::Address,
    entity::Secret,
    metadata::{Kind, Metadata},
    secret_value::SecretValue,
    usecase::Caller,
};

use super::{error::ApiError, tokens};
use crate::{
    app::App,
    http::fields::{FieldFault, Fields},
};

/// The switches, as far as a body has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    enabled: Option<bool>,
    public: Option<bool>,
}

impl Wish {
    /// Reads a body; anything else in it is refused.
    pub fn of(mut fields: Fields, kind: Kind) -> Result<Self, FieldFault> {
        let other = fields.names().find(|name| !matches!(*name, "enabled" | "public"));
        if let Some(other) = other {
            let rule = format!(
                "cannot change: a {} is immutable but for enabled and public",
                kind.noun()
            );
            let known = other.len() <= 40
                && other
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Err(FieldFault::new(if known { other } else { "a field" }, rule));
        }
        Ok(Self {
            enabled: fields.flag("enabled")?,
            public: fields.flag("public")?,
        })
    }

    /// For something that was just made.
    pub fn to_publish(public: bool) -> Self {
        Self {
            enabled: None,
            public: public.then_some(true),
        }
    }
}

/// Whether a thing has a token of its own.
pub fn is_public(secret: &Secret) -> bool {
    secret.metadata.as_deref().is_some_and(|metadata| metadata.public)
}

/// Does what is wished for; the token, if one was made.
pub async fn grant(
    app: &App,
    caller: &Caller,
    address: &Address,
    wish: Wish,
) -> Result<(Secret, Option<SecretValue>), ApiError> {
    let change = |metadata: Metadata| {
        Ok(Metadata {
            enabled: wish.enabled.unwrap_or(metadata.enabled),
            ..metadata
        })
    };
    let secret = match wish.enabled {
        Some(_) => app.coffer.amend_secret(caller, address, change).await?,
        None => app.coffer.describe_secret(caller, address).await?,
    };
    match wish.public {
        Some(true) if !is_public(&secret) => {
            let (secret, issued) = app.coffer.publish_secret(caller, address, tokens::ITEM).await?;
            Ok((secret, Some(issued.token.secret().clone())))
        }
        Some(false) if is_public(&secret) => Ok((app.coffer.unpublish_secret(caller, address).await?, None)),
        _ => Ok((secret, None)),
    }
}

/// Ends the token of something that is to be deleted.
pub async fn close(app: &App, caller: &Caller, address: &Address, secret: &Secret) -> Result<(), ApiError> {
    if is_public(secret) {
        app.coffer.unpublish_secret(caller, address).await?;
    }
    Ok(())
}
