//! What ends a reconciliation early: the cluster's API or the store did not answer as it should. The
//! object is tried again with backoff. Words of the API server about a Secret are never repeated: some of
//! them quote what they refuse.

use coffer_crds::condition::reason;
use coffer_domain::Error;
use thiserror::Error;

/// Why a reconciliation ended early.
#[derive(Debug, Error)]
pub enum Failure {
    /// A call of the cluster's API failed.
    #[error("cannot {action}: {}", brief(.source))]
    Cluster {
        /// What was attempted, as a verb phrase: `write the status`.
        action: &'static str,
        /// How it failed.
        source: Box<kube::Error>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// Someone keeps changing a Secret that is ours.
    #[error("Secret {0} is ours and keeps being changed by others; it is put right ever more rarely")]
    Contested(String),
    /// An object lacks what the API server gives to every stored object.
    #[error("the object has no {0}")]
    Incomplete(&'static str),
}

/// An API error's reason and code, without its message; any other error as it is, unless it may quote an answer.
fn brief(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => {
            let reason = if status.reason.is_empty() {
                "failure"
            } else {
                &status.reason
            };
            format!("{reason} ({})", status.code)
        }
        // The parser quotes what it cannot read.
        kube::Error::SerdeError(_) => "the answer cannot be read".to_owned(),
        other => other.to_string(),
    }
}

impl Failure {
    /// `map_err` for a call of the cluster's API.
    pub fn cluster(action: &'static str) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Cluster {
            action,
            source: Box::new(source),
        }
    }

    /// Whether the object is gone, or another took its name.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Cluster { source, .. } if matches!(code(source), 404 | 409))
    }

    /// The condition reason that fits.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Cluster { source, .. } if code(source) == 403 => reason::FORBIDDEN,
            Self::Store(_) => reason::STORE_UNAVAILABLE,
            Self::Contested(_) => reason::SECRET_REFUSED,
            Self::Cluster { .. } | Self::Incomplete(_) => reason::RETRYING,
        }
    }

    /// A word for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cluster { .. } => "cluster",
            Self::Store(error) => error.code(),
            Self::Contested(_) => "contested",
            Self::Incomplete(_) => "incomplete",
        }
    }
}

/// The HTTP status of an API error, 0 for any other.
pub fn code(error: &kube::Error) -> u16 {
    match error {
        kube::Error::Api(status) => status.code,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn words_of_the_api_server_are_not_repeated() {
        let status = Status::failure("data[x]: Invalid value: \"hunter2\"", "Invalid").with_code(422);
        let failure = Failure::cluster("write the Secret")(kube::Error::Api(status.boxed()));
        assert_eq!(failure.to_string(), "cannot write the Secret: Invalid (422)");
    }
    #[test]
    fn nor_is_an_answer_that_cannot_be_read() {
        let error = serde_json::from_str::<u8>("\"hunter2\"").unwrap_err();
        let failure = Failure::cluster("read a Secret")(kube::Error::SerdeError(error));
        assert_eq!(
            failure.to_string(),
            "cannot read a Secret: the answer cannot be read"
        );
    }
}
