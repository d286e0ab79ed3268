//! Why a pod is not given what it wants: as an answer to its first request, or as a `Held` line later.

use axum::response::{IntoResponse, Response};
use coffer_domain::{Error, address::Place, envfile, name::SecretName};
use coffer_wire::Failure;

use crate::native::error::{self, ApiError};

/// The code of a value that an env file cannot carry.
pub const ENV_FILE_UNFIT: &str = Failure::UNFIT;

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
    /// Whether it may pass without anything being changed: not worth telling a pod.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Domain(error) => {
                matches!(
                    error,
                    Error::Unavailable(_) | Error::Internal(_) | Error::Conflict(_)
                )
            }
            Self::Unfit(_) => false,
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

    /// As the answer to a request.
    pub fn into_response(self, place: &Place) -> Response {
        let failure = self.failure(place);
        match self {
            Self::Domain(refused) => error::domain_as(refused, &failure),
            Self::Unfit(_) => ApiError::Unprocessable(failure).into_response(),
        }
    }
}

fn unfit(values: &[(SecretName, String)]) -> Failure {
    let told: Vec<String> = values
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    Failure {
        code: ENV_FILE_UNFIT.to_owned(),
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
