//! Leaves a server alone that serves nobody: ever longer, up to a minute, and then one request finds out.

use std::time::Duration;

use tokio::time::Instant;

use super::Fault;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// What may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Everything.
    Open,
    /// One request, to find out.
    One,
    /// Nothing before this time, for this reason.
    Shut(Instant, Fault),
}

/// How the server did of late.
#[derive(Debug, Default)]
pub struct Gate(Option<Failing>);

#[derive(Debug)]
struct Failing {
    times: u32,
    until: Instant,
    fault: Fault,
}

impl Gate {
    /// What may be asked at `now`.
    pub fn passage(&self, now: Instant) -> Passage {
        match &self.0 {
            None => Passage::Open,
            Some(failing) if failing.until <= now => Passage::One,
            Some(failing) => Passage::Shut(failing.until, failing.fault),
        }
    }

    /// It failed. What was under way together failed together, and counts once.
    pub fn failed(&mut self, now: Instant, fault: Fault) {
        if matches!(self.passage(now), Passage::Shut(..)) {
            return;
        }
        let times = self.0.as_ref().map_or(0, |failing| failing.times);
        let rest = FIRST.saturating_mul(1 << times.min(16)).min(LONGEST);
        self.0 = Some(Failing {
            times: times.saturating_add(1),
            until: now + rest,
            fault,
        });
    }

    /// It answered; whether that is news.
    pub fn answered(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_ever_longer_and_one_finds_out() {
        let (mut gate, mut now) = (Gate::default(), Instant::now());
        assert_eq!(gate.passage(now), Passage::Open);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            gate.failed(now, Fault::Sealed);
            gate.failed(now, Fault::Down);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(gate.passage(now), Passage::Shut(until, Fault::Sealed));
            now = until;
            assert_eq!(gate.passage(now), Passage::One);
        }
        assert!(gate.answered() && !gate.answered());
        assert_eq!(gate.passage(now), Passage::Open);
    }
}
