//! Failed authentications per address, for every door: whoever fails too often waits, except with a credential
//! that worked from there in the meantime, so that one guesser does not lock out everyone behind an address.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;

use super::{Rate, Windows};

/// How many failures an address has unless the configuration says otherwise.
const USUAL: Rate = Rate::a_minute(100);

/// The counts.
#[derive(Debug)]
pub struct Failures {
    rate: Option<Rate>,
    failed: Windows,
    worked: Windows,
    /// Until when anything is counted at all, in Unix seconds: before the first failure this costs one load.
    alert: AtomicI64,
}

impl Default for Failures {
    fn default() -> Self {
        Self::new(Some(USUAL))
    }
}

impl Failures {
    /// Refusing an address that fails more often than `rate`; `None`: never.
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            failed: Windows::default(),
            worked: Windows::default(),
            alert: AtomicI64::new(i64::MIN),
        }
    }

    /// For how many seconds a request must wait before its credential is looked at; `None`: not at all.
    pub fn wait(&self, address: IpAddr, credential: Option<&str>, now: Timestamp) -> Option<i64> {
        let rate = self.rate.filter(|_| self.is_alert(now))?;
        let count = self.failed.look(self.failed.key(address), rate, now);
        let known = || {
            let key = self.worked.key((address, credential));
            credential.is_some() && self.worked.look(key, rate, now).taken > 0
        };
        (count.taken >= rate.most && !known()).then(|| (count.ends - now.as_second()).max(1))
    }

    /// Notes how a request's credential fared.
    pub fn note(&self, address: IpAddr, credential: Option<&str>, refused: bool, now: Timestamp) {
        let Some(rate) = self.rate else { return };
        if refused {
            let count = self.failed.take(self.failed.key(address), rate, now);
            self.alert.fetch_max(count.ends, Ordering::Relaxed);
        } else if credential.is_some() && self.is_alert(now) {
            self.worked
                .take(self.worked.key((address, credential)), rate, now);
        }
    }

    /// Whether anyone failed lately.
    pub fn is_alert(&self, now: Timestamp) -> bool {
        now.as_second() < self.alert.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn who_fails_too_often_waits_until_the_window_ends() {
        let failures = Failures::new(Some(Rate::a_minute(2)));
        let at = |second| Timestamp::from_second(second).unwrap();
        for _ in 0..2 {
            assert_eq!(failures.wait(GUESSER, Some("guess"), at(0)), None);
            failures.note(GUESSER, Some("guess"), true, at(0));
        }
        assert_eq!(failures.wait(GUESSER, Some("another"), at(10)), Some(50));
        assert_eq!(failures.wait([192, 0, 2, 2].into(), Some("guess"), at(10)), None);
        assert_eq!(failures.wait(GUESSER, Some("guess"), at(60)), None);
    }

    #[test]
    fn a_credential_that_worked_from_there_goes_on_working() {
        let failures = Failures::new(Some(Rate::a_minute(1)));
        let now = Timestamp::from_second(0).unwrap();
        failures.note(GUESSER, Some("guess"), true, now);
        assert!(failures.wait(GUESSER, Some("good"), now).is_some());
        let failures = Failures::new(Some(Rate::a_minute(2)));
        failures.note(GUESSER, Some("guess"), true, now);
        failures.note(GUESSER, Some("good"), false, now);
        failures.note(GUESSER, Some("guess"), true, now);
        assert_eq!(failures.wait(GUESSER, Some("good"), now), None);
        assert!(failures.wait(GUESSER, Some("guess"), now).is_some());
    }

    #[test]
    fn it_can_be_turned_off() {
        let failures = Failures::new(None);
        let now = Timestamp::from_second(0).unwrap();
        for _ in 0..1000 {
            failures.note(GUESSER, None, true, now);
        }
        assert_eq!(failures.wait(GUESSER, None, now), None);
    }
}
