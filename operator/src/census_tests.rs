use coffer_domain::{entity::Consumer, id::SecretId};
use jiff::Timestamp;

use super::*;

/// A line about a secret whose current version was written ten seconds after the epoch.
fn line(name: &str, pod: &str, acknowledged: Option<u64>, current: Option<u64>) -> Held {
    let at = Timestamp::UNIX_EPOCH;
    let acknowledged = acknowledged.and_then(Version::new);
    let line = Consumer {
        secret: SecretId::from_bytes([1; 16]),
        name: name.parse().unwrap(),
        namespace: "team".into(),
        pod: pod.into(),
        pod_uid: pod.into(),
        started: Version::FIRST,
        delivered: Version::FIRST,
        delivered_at: at,
        acknowledged,
        acknowledged_at: acknowledged.map(|_| at),
    };
    let current = current.and_then(Version::new);
    let changed = Timestamp::from_second(10).unwrap();
    Held {
        laggard: current.and_then(|current| Laggard::of(&line, current, changed)),
        line,
        current,
        retiring: None,
    }
}

#[test]
fn a_pod_is_current_when_all_it_uses_is() {
    let names = ["A".to_owned(), "B".to_owned()];
    for (lines, expected) in [
        (vec![], "0/0"),
        (vec![line("A", "p1", Some(2), Some(2))], "1/1"),
        (vec![line("A", "p1", Some(1), Some(2))], "0/1"),
        (vec![line("A", "p1", None, Some(1))], "0/1"),
        (
            vec![
                line("A", "p1", Some(2), Some(2)),
                line("B", "p1", Some(1), Some(3)),
            ],
            "0/1",
        ),
        (
            vec![
                line("A", "p1", Some(2), Some(2)),
                line("B", "p2", Some(3), Some(3)),
            ],
            "2/2",
        ),
        (vec![line("C", "p1", Some(1), Some(1))], "0/0"),
        (vec![line("A", "p1", Some(1), None)], "1/1"),
    ] {
        assert_eq!(tally(&names, "team", &lines).summary, expected);
    }
}

#[test]
fn who_lags_is_named_once_and_since_when() {
    let names = ["A".to_owned(), "B".to_owned()];
    let lines = [
        line("A", "p2", Some(1), Some(2)),
        line("B", "p2", Some(1), Some(3)),
        line("A", "p1", Some(2), Some(2)),
    ];
    let counted = tally(&names, "team", &lines);
    assert_eq!((counted.lagging, counted.total), (1, 2));
    assert_eq!(counted.laggards.as_deref(), Some("p2 since 1970-01-01T00:00:10Z"));
    assert_eq!(tally(&names, "team", &lines[2..]).laggards, None);
}

#[test]
fn what_the_pods_that_lag_hold_is_listed_and_bounded() {
    let names = ["A".to_owned(), "B".to_owned()];
    let lines = [
        line("B", "p2", None, Some(3)),
        line("A", "p2", Some(1), Some(2)),
        line("A", "p1", Some(2), Some(2)),
        line("C", "p1", Some(1), Some(2)),
    ];
    let counted = tally(&names, "team", &lines);
    let listed: Vec<_> = counted
        .behind
        .iter()
        .map(|it| (it.name.as_str(), it.pod.as_str(), it.version))
        .collect();
    assert_eq!(listed, [("A", "p2", Some(1)), ("B", "p2", None)]);
    let many: Vec<Held> = (0..100)
        .map(|i| line("A", &format!("p{i}"), None, Some(2)))
        .collect();
    let counted = tally(&names, "team", &many);
    assert_eq!((counted.lagging, counted.behind.len()), (100, MOST_BEHIND));
}

#[tokio::test]
async fn marks_gather_until_they_are_taken() {
    let dirty = Dirty::default();
    let place = |name: &str| Place {
        organization: "team".parse().unwrap(),
        vault: name.parse().unwrap(),
        environment: "default".parse().unwrap(),
    };
    dirty.mark([place("a"), place("b")], []);
    dirty.mark([place("a")], []);
    assert_eq!(dirty.take().await.ledgers.len(), 2);
    dirty.mark([], [("team".parse().unwrap(), "a".parse().unwrap())]);
    let marks = dirty.take().await;
    assert_eq!((marks.ledgers.len(), marks.vaults.len()), (0, 1));
}
