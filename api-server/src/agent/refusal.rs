//! Why a pod is not given what it wants, as a `Held` line of its stream.

use coffer_domain::{Error, address::Place, envfile, name::SecretName};
use coffer_wire::Failure;

use crate::native::error;

/// A refused delivery.
#[derive(Debug)]
pub enum Refusal {
    /// The domain refused.
    Domain(Error),
    /// Values would be altered by the env file that is to carry them: name and reason of each.
    Unfit(Vec<(SecretName, String)>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl Refusal {
    /// The error, if it may pass without anything being changed: nothing to hold a pod for.
    pub fn passing(self) -> Result<Error, Self> {
        match self {
            Self::Domain(error @ (Error::Unavailable(_) | Error::Internal(_) | Error::Conflict(_))) => {
                Ok(error)
            }
            lasting => Err(lasting),
        }
    }

    /// What is told to the pod.
    pub fn failure(&self, place: &Place) -> Failure {
        match self {
            Self::Domain(refused) => Failure {
                names: names_in(refused, place),
                ..error::failure(refused)
            },
            Self::Unfit(values) => unfit(values),
        }
    }
}

fn unfit(values: &[(SecretName, String)]) -> Failure {
    let told: Vec<String> = values
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    Failure {
        code: Failure::UNFIT.to_owned(),
        message: format!(
            "an env file cannot carry {}; {}",
            told.join("; "),
            envfile::WAYS_OUT
        ),
        names: values.iter().map(|(name, _)| name.to_string()).collect(),
    }
}

/// The secret that a refusal is about, without its place.
fn names_in(error: &Error, place: &Place) -> Vec<String> {
    let address = match error {
        Error::NotFound {
            what: "secret", name, ..
        } => name,
        Error::Forbidden { target, .. } | Error::NotAdmitted { target, .. } => target,
        Error::Deleted { address, .. } | Error::Destroyed { address, .. } => address,
        _ => return Vec::new(),
    };
    let prefix = format!("{place}/");
    address
        .strip_prefix(&prefix)
        .map(str::to_owned)
        .into_iter()
        .collect()
}
