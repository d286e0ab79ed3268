//! The one error of the domain's edge. Doors match it exhaustively.

use thiserror::Error;

use crate::{
    entity::Owner, metadata::Why, name::BadName, record::Unreadable, rights::Permission, store::StoreError,
};

/// Why a use-case did not do what was asked. No message holds a value.
#[derive(Debug, Error)]
pub enum Error {
    /// Something in the request is not well formed.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, as the request names it.
        field: String,
        /// What is wrong with it, and what would be right.
        message: String,
    },
    /// The value is larger than [`crate::secret_value::MAX_BYTES`].
    #[error("value: it has {bytes} bytes; the largest a secret can hold is 65536 (64 KiB)")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// No credential, or one that is not valid (any more).
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The principal lacks a permission on a thing it may know of.
    #[error("the permission {} is missing on {target}", permission.as_str())]
    Forbidden {
        /// The permission that would allow it.
        permission: Permission,
        /// What on.
        target: String,
    },
    /// A pod is not let in, and may know what by: the vault is of its own namespace, or lets it read other things.
    #[error(
        "service account {service_account} of namespace {namespace} may not read {target}; let it in with spec.access of the Vault {vault}"
    )]
    NotAdmitted {
        /// The pod's service account.
        service_account: String,
        /// The pod's namespace.
        namespace: String,
        /// What it may not read.
        target: String,
        /// The vault's name.
        vault: String,
    },
    /// It does not exist, or the principal may not know that it does.
    #[error("{what} {name} does not exist{}", hint(.nearest.as_deref()))]
    NotFound {
        /// `vault`, `environment`, `secret`, `version`, `API key`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// A thing the principal may see whose name is close.
        nearest: Option<String>,
    },
    /// The version was deleted: it can be undeleted.
    #[error("version {version} of {address} is deleted; undelete it to read it")]
    Deleted {
        /// Of which secret.
        address: String,
        /// Which version.
        version: u64,
    },
    /// The version was destroyed.
    #[error("version {version} of {address} is destroyed, for ever")]
    Destroyed {
        /// Of which secret.
        address: String,
        /// Which version.
        version: u64,
    },
    /// There is such a thing already.
    #[error("{what} {name} exists already")]
    AlreadyExists {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A custom resource manages it: change that instead.
    #[error("{what} is managed by {} {}; change it there", .owner.kind, .owner.name)]
    Managed {
        /// What was to be changed.
        what: String,
        /// By which object.
        owner: Owner,
    },
    /// It is there, and this is not its time.
    #[error("{what} {}", time(.why))]
    Unusable {
        /// What was to be read.
        what: String,
        /// Whether its time has not come or is over.
        why: Why,
    },
    /// Against a rule that holds for everybody.
    #[error("{0}")]
    Refused(String),
    /// It is not as the request expected.
    #[error("{0}")]
    Conflict(String),
    /// It was there and is not kept any more; ask for what is there now.
    #[error("{0}")]
    Gone(String),
    /// The store cannot take it now; the same request may go through later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Something is broken on our side.
    #[error("internal error: {0}")]
    Internal(String),
}

fn time(why: &Why) -> String {
    match why {
        Why::Disabled => "is disabled".to_owned(),
        Why::NotYetActive(start) => format!("is not active before {start}"),
        Why::Expired(end) => format!("expired at {end}"),
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

impl Error {
    /// An [`Error::Invalid`].
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }

    /// A stable word for logs, metrics and the audit log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::TooLarge { .. } => "too_large",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Forbidden { .. } | Self::NotAdmitted { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::Deleted { .. } => "deleted",
            Self::Destroyed { .. } => "destroyed",
            Self::AlreadyExists { .. } => "already_exists",
            Self::Managed { .. } => "managed",
            Self::Unusable { .. } => "unusable",
            Self::Refused(_) => "refused",
            Self::Conflict(_) => "conflict",
            Self::Gone(_) => "gone",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Broken(why) => Self::Internal(why),
        }
    }
}

impl From<Unreadable> for Error {
    fn from(record: Unreadable) -> Self {
        Self::Internal(record.to_string())
    }
}

impl From<BadName> for Error {
    fn from(bad: BadName) -> Self {
        Self::invalid(bad.what, format!("must be {}", bad.rule))
    }
}
