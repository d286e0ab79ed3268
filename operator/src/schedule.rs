//! From a resource's `rotation` to the domain's schedule.

use std::time::Duration;

use coffer_crds::{BadTiming, Timing, condition::reason};
use coffer_domain::rotation::{BadSchedule, Schedule};
use jiff::Timestamp;
use kube::runtime::controller::Action;

use crate::problem::Problem;

/// Timers may fire a little early by the wall clock: wake just after, not just before.
const AFTER: Duration = Duration::from_millis(5);

/// The schedule, or what is wrong with it.
pub fn parse(timing: Result<Timing<'_>, BadTiming>) -> Result<Schedule, Problem> {
    parse_in("rotation", timing)
}

/// The same of another field than `rotation`.
pub fn parse_in(field: &str, timing: Result<Timing<'_>, BadTiming>) -> Result<Schedule, Problem> {
    let schedule = match timing {
        Ok(Timing::Schedule { cron, time_zone }) => Schedule::cron(cron, Some(time_zone)),
        Ok(Timing::Every(period)) => Schedule::every(Duration::from_secs(period.to_seconds())),
        Err(bad) => return Err(Problem::stalled(reason::INVALID_SCHEDULE, bad.to_string())),
    };
    schedule.map_err(|bad: BadSchedule| Problem::stalled(reason::INVALID_SCHEDULE, format!("{field}.{bad}")))
}

/// Look again at the earliest of `times`, or only when something changes.
pub fn wake_at(now: Timestamp, times: impl IntoIterator<Item = Timestamp>) -> Action {
    times.into_iter().min().map_or_else(Action::await_change, |time| {
        let left = Duration::try_from(time.duration_since(now)).unwrap_or_default();
        Action::requeue(left + AFTER)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron<'a>(cron: &'a str, time_zone: &'a str) -> Timing<'a> {
        Timing::Schedule { cron, time_zone }
    }

    #[test]
    fn bad_schedules_name_the_field_and_the_fix() {
        for (timing, words) in [
            (Ok(cron("61 * * * *", "UTC")), "rotation.schedule: "),
            (Ok(cron("0 3 * *", "UTC")), "it has 4 fields"),
            (Ok(cron("0 3 * * *", "Europe/Atlantis")), "rotation.timeZone: "),
            (Err(BadTiming), "exactly one of schedule and every"),
        ] {
            let problem = parse(timing).unwrap_err();
            assert_eq!(problem.reason, reason::INVALID_SCHEDULE);
            assert!(problem.message.contains(words), "{}", problem.message);
        }
    }

    #[test]
    fn the_earliest_time_counts_and_a_past_one_is_now() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now + jiff::SignedDuration::from_secs(10);
        assert_eq!(wake_at(now, []), Action::await_change());
        assert_eq!(
            wake_at(now, [later]),
            Action::requeue(Duration::from_secs(10) + AFTER)
        );
        assert_eq!(wake_at(later, [now, later]), Action::requeue(AFTER));
    }
}
