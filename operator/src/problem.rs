//! Why an object is not as its user wants it: one reason, one sentence, and what will mend it. Every
//! failure of a reconciler becomes one of these; how it is shown is [`crate::conditions`]'s.

use coffer_crds::condition::reason;
use coffer_domain::Error;

use crate::text::{LONGEST_MESSAGE, shortened};

/// What will mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Something else that may come at any moment, and is watched: a vault, a Secret, a value.
    Waiting,
    /// A change to the object, or to what it refers to, by someone.
    Stalled,
    /// Time: the operator tries again by itself.
    Transient,
}

/// Why an object is not Ready. The message holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One of [`coffer_crds::condition::reason`].
    pub reason: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
    /// What will mend it.
    pub temper: Temper,
}

impl Problem {
    fn new(reason: &'static str, message: &str, temper: Temper) -> Self {
        let message = shortened(message, LONGEST_MESSAGE);
        Self {
            reason,
            message,
            temper,
        }
    }

    /// Something else has to come first.
    pub fn waiting(reason: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(reason, message.as_ref(), Temper::Waiting)
    }

    /// Someone has to change something.
    pub fn stalled(reason: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(reason, message.as_ref(), Temper::Stalled)
    }

    /// The same again later.
    pub fn transient(reason: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(reason, message.as_ref(), Temper::Transient)
    }

    /// Whether trying again by itself may help.
    pub fn is_transient(&self) -> bool {
        self.temper == Temper::Transient
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Unavailable(_) | Error::Internal(_) | Error::Conflict(_) => {
                Self::transient(reason::STORE_UNAVAILABLE, message)
            }
            Error::TooLarge { .. } => Self::stalled(reason::VALUE_TOO_LARGE, message),
            Error::Managed { .. } => Self::stalled(reason::KEY_OWNED_ELSEWHERE, message),
            Error::NotFound {
                what: "environment", ..
            } => Self::waiting(reason::ENVIRONMENT_NOT_FOUND, message),
            Error::NotFound { .. } => Self::waiting(reason::VAULT_NOT_READY, message),
            Error::Invalid { .. }
            | Error::AlreadyExists { .. }
            | Error::Deleted { .. }
            | Error::Destroyed { .. }
            | Error::Unusable { .. }
            | Error::Gone(_)
            | Error::Refused(_)
            | Error::Forbidden { .. }
            | Error::NotAdmitted { .. }
            | Error::Unauthenticated(_) => Self::stalled(reason::INVALID_SPEC, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_mends_is_tried_again_and_what_it_does_not_is_not() {
        let full = Problem::from(Error::Unavailable("database or disk is full".into()));
        assert!(full.is_transient());
        let large = Problem::from(Error::TooLarge { bytes: 70_000 });
        assert_eq!(
            (large.reason, large.temper),
            (reason::VALUE_TOO_LARGE, Temper::Stalled)
        );
    }

    #[test]
    fn an_unknown_environment_is_named_with_the_nearest() {
        let missing = Error::NotFound {
            what: "environment",
            name: "prodction".into(),
            nearest: Some("production".into()),
        };
        let problem = Problem::from(missing);
        assert_eq!(problem.reason, reason::ENVIRONMENT_NOT_FOUND);
        assert!(
            problem.message.contains("did you mean production?"),
            "{}",
            problem.message
        );
    }
}
