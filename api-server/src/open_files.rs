//! How many files and sockets the process may have open at once. Since containerd 2 a program in a container begins with
//! 1,024, a thousand pods with a stream open need more, and it may have many times that many for the asking.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for what is no connection of a client: the store's files, the cluster's API, webhooks.
const OTHERS: u64 = 256;

/// Asks for as many as `wanted` connections need; how many of them there is room for.
pub fn room_for(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let goal = goal(wanted, current, maximum);
    if goal == current {
        return fitting(wanted, current);
    }
    let raised = Rlimit {
        current: goal,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => fitting(wanted, goal),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays as it is");
            fitting(wanted, current)
        }
    }
}

/// The limit to have, `None` being none: never a lower one than now, never a higher one than allowed.
fn goal(wanted: usize, current: Option<u64>, maximum: Option<u64>) -> Option<u64> {
    let needed = (wanted as u64).saturating_add(OTHERS);
    let current = current?;
    Some(current.max(maximum.map_or(needed, |most| needed.min(most))))
}

/// How many connections a limit has room for: with fewer files than [`OTHERS`] for the rest, half of it.
fn fitting(wanted: usize, limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return wanted };
    let room = limit.saturating_sub(OTHERS).max(limit / 2).max(1);
    usize::try_from(room).map_or(wanted, |room| room.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_are_needed_and_allowed_and_never_fewer_than_before() {
        for (current, maximum, expected) in [
            (Some(1024), Some(524_288), Some(1256)),
            (Some(1024), Some(1100), Some(1100)),
            (Some(1024), None, Some(1256)),
            (Some(20_000), Some(20_000), Some(20_000)),
            (None, None, None),
        ] {
            assert_eq!(
                goal(1000, current, maximum),
                expected,
                "{current:?} of {maximum:?}"
            );
        }
    }

    #[test]
    fn connections_leave_room_for_the_store() {
        for (limit, expected) in [
            (None, 1000),
            (Some(5000), 1000),
            (Some(1100), 844),
            (Some(300), 150),
            (Some(1), 1),
        ] {
            assert_eq!(fitting(1000, limit), expected, "{limit:?}");
        }
    }
}
