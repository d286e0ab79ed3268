//! The two ways a reconciler's steps end early: a problem for the status, or a failure to be tried again.

use coffer_domain::Error;

use crate::{failure::Failure, problem::Problem};

/// Why a step went no further.
#[derive(Debug)]
pub enum Halt {
    /// The user is told; the object waits for a change.
    Problem(Problem),
    /// The object is tried again.
    Failure(Failure),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::Internal(_) | Error::Conflict(_) => Self::Failure(error.into()),
            lasting => Self::Problem(lasting.into()),
        }
    }
}

/// A step's problem as a value; its failure still ends the reconciliation.
pub fn settle<T>(result: Result<T, Halt>) -> Result<Result<T, Problem>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Halt::Problem(problem)) => Ok(Err(problem)),
        Err(Halt::Failure(failure)) => Err(failure),
    }
}
