use super::*;
use crate::id::SecretId;
use crate::testkit::{ManualClock, SeededEntropy};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A line: delivered which version when, and which one is in place.
fn line(delivered: u64, delivered_at: i64, acknowledged: Option<u64>) -> Consumer {
    Consumer {
        secret: SecretId::fresh(&ManualClock::at(at(0)), &SeededEntropy::new(1)),
        name: "A".parse().unwrap(),
        namespace: "team".into(),
        pod: "web-1".into(),
        pod_uid: "u1".into(),
        started: Version::FIRST,
        delivered: version(delivered),
        delivered_at: at(delivered_at),
        acknowledged: acknowledged.and_then(Version::new),
        acknowledged_at: acknowledged.map(|_| at(delivered_at)),
    }
}

#[test]
fn who_lags_and_since_when() {
    // Version 3 was written at 100.
    for (line, expected) in [
        (line(3, 101, Some(3)), None),
        (line(3, 101, Some(2)), Some((Some(2), 100))),
        (line(2, 50, Some(2)), Some((Some(2), 100))),
        // Sent an older one, never heard of: it may have put that in place.
        (line(2, 50, None), Some((None, 100))),
        // A pod that came in the middle: it cannot have lagged before it was there.
        (line(3, 150, None), Some((None, 150))),
        // Ahead of what was read a moment ago.
        (line(4, 160, Some(4)), None),
    ] {
        let found = Laggard::of(&line, version(3), at(100));
        let found = found.map(|it| (it.holds.map(Version::get), it.since.as_second()));
        assert_eq!(found, expected, "{line:?}");
    }
}

#[test]
fn a_version_goes_when_nobody_lags_or_at_the_deadline_or_by_force() {
    let laggard = Laggard::of(&line(2, 50, Some(2)), version(3), at(100)).unwrap();
    let one = std::slice::from_ref(&laggard);
    for (laggards, now, forced, expected) in [
        (&[][..], 101, false, Verdict::Retire(Cause::Acknowledged)),
        (&[], 101, true, Verdict::Retire(Cause::Acknowledged)),
        (&[], 500, false, Verdict::Retire(Cause::Acknowledged)),
        (one, 199, false, Verdict::Wait),
        (one, 200, false, Verdict::Retire(Cause::Deadline)),
        (one, 199, true, Verdict::Retire(Cause::Forced)),
    ] {
        assert_eq!(decide(laggards, at(200), at(now), forced), expected);
    }
}

#[test]
fn another_write_does_not_put_the_deadline_off() {
    let succession = Succession::new(Duration::from_mins(1));
    assert_eq!(
        succession.after_write(None, at(5)).retiring,
        None,
        "nothing is before a first version"
    );
    let first = succession.after_write(Some(version(1)), at(10));
    let second = first.after_write(Some(version(2)), at(40));
    assert_eq!(second, first);
    let retiring = second.retiring.unwrap();
    assert_eq!(
        (retiring.oldest, second.deadline(retiring.since)),
        (version(1), at(70))
    );
    let endless = Succession::new(Duration::MAX);
    assert_eq!(endless.deadline(at(0)), Timestamp::MAX);
}
