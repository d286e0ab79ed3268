//! This door's bodies, in and out. Requests refuse unknown fields; responses hold a value only where their
//! very purpose is to carry it ([`secret::SecretOut`], [`api_key::IssuedKeyOut`]).

pub mod api_key;
pub mod audit;
pub mod change;
pub mod consumer;
pub mod sealing;
pub mod secret;
pub mod user;
pub mod vault;
pub mod whoami;

use coffer_domain::entity::Owner;
use serde::Serialize;
use utoipa::ToSchema;

/// The Kubernetes object that manages a thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerOut {
    /// Its kind.
    kind: String,
    /// `namespace/name`.
    name: String,
}

impl From<Owner> for OwnerOut {
    fn from(Owner { kind, name, uid: _ }: Owner) -> Self {
        Self { kind, name }
    }
}

/// The body of every refusal, as documented; the wire crate's `Failure` is what is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureOut {
    /// A stable word to program against, such as `not_found`.
    pub code: String,
    /// One sentence for people: what is wrong, and how to mend it.
    pub message: String,
    /// The secrets it is about, if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub names: Vec<String>,
}
