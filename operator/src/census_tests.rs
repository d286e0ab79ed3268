use coffer_domain::id::SecretId;

use super::*;

fn line(
    name: &str,
    pod: &str,
    acknowledged: Option<u64>,
    current: Option<u64>,
) -> (Consumer, Option<Version>) {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let acknowledged = acknowledged.and_then(Version::new);
    let consumer = Consumer {
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
    (consumer, current.and_then(Version::new))
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
        assert_eq!(tally(&names, &lines).summary, expected);
    }
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
