//! From a problem, or its absence, to the three conditions of kstatus that every kind shows.

use coffer_crds::condition::{Draft, READY, RECONCILING, STALLED, reason};

use crate::problem::{Problem, Temper};

/// Ready, Reconciling and Stalled. `done` is what Ready says when there is no problem.
pub fn drafts(problem: Option<&Problem>, done: &str) -> Vec<Draft> {
    let Some(problem) = problem else {
        return vec![
            Draft::yes(READY, reason::RECONCILED, done),
            Draft::no(RECONCILING, reason::RECONCILED, ""),
            Draft::no(STALLED, reason::RECONCILED, ""),
        ];
    };
    let Problem {
        reason,
        message,
        temper,
    } = problem;
    let (reconciling, stalled) = match temper {
        Temper::Waiting => (
            Draft::yes(RECONCILING, reason, message),
            Draft::no(STALLED, reason, ""),
        ),
        Temper::Transient => {
            let again = format!("{message}; trying again");
            (
                Draft::yes(RECONCILING, reason::RETRYING, again),
                Draft::no(STALLED, reason, ""),
            )
        }
        Temper::Stalled => (
            Draft::no(RECONCILING, reason, ""),
            Draft::yes(STALLED, reason, message),
        ),
    };
    vec![Draft::no(READY, reason, message), reconciling, stalled]
}

#[cfg(test)]
mod tests {
    use coffer_crds::condition::{is_true, merge};
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    use super::*;

    fn shown(problem: Option<&Problem>) -> (bool, bool, bool) {
        let merged = merge(
            &[],
            drafts(problem, "all is in place"),
            Some(1),
            &Time(Timestamp::UNIX_EPOCH),
        );
        (
            is_true(&merged, READY),
            is_true(&merged, RECONCILING),
            is_true(&merged, STALLED),
        )
    }

    #[test]
    fn each_temper_has_its_place_in_kstatus() {
        let waiting = Problem::waiting(reason::VAULT_NOT_FOUND, "vault app does not exist");
        let stalled = Problem::stalled(reason::INVALID_SCHEDULE, "not a cron expression");
        let transient = Problem::transient(reason::STORE_UNAVAILABLE, "disk is full");
        assert_eq!(shown(None), (true, false, false));
        assert_eq!(shown(Some(&waiting)), (false, true, false));
        assert_eq!(shown(Some(&stalled)), (false, false, true));
        assert_eq!(shown(Some(&transient)), (false, true, false));
    }
}
