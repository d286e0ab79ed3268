use kube::Client;
use serde_json::{Value, json};

use super::*;

struct Still;

impl Clock for Still {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

fn timing() -> Timing {
    Timing::of_seconds(NonZeroU16::new(30).unwrap())
}

/// One that must not be asked anything: only judgements are tested here.
fn election() -> Election {
    let nobody = tower::service_fn(|_: hyper::Request<kube::client::Body>| async {
        Err::<hyper::Response<kube::client::Body>, _>(std::io::Error::other("nobody is asked"))
    });
    let api = Api::namespaced(Client::new(nobody, "coffer"), "coffer");
    Election::new(api, "coffer-operator", "me", timing(), Arc::new(Still))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "json! literals are passed as they are"
)]
fn lease(version: &str, spec: Value) -> Lease {
    serde_json::from_value(
        json!({"metadata": {"name": "coffer-operator", "resourceVersion": version}, "spec": spec}),
    )
    .unwrap()
}

fn held_by(holder: &str, version: &str) -> Lease {
    lease(
        version,
        json!({"holderIdentity": holder, "leaseDurationSeconds": 30, "leaseTransitions": 4}),
    )
}

#[tokio::test]
async fn a_free_lease_and_our_own_are_taken() {
    let mut election = election();
    let now = Instant::now();
    assert_eq!(election.judge(&lease("1", json!({})), now), Move::Take);
    assert_eq!(election.judge(&held_by("", "1"), now), Move::Take);
    assert_eq!(election.judge(&held_by("me", "1"), now), Move::Take);
}

#[tokio::test]
async fn anothers_is_taken_only_when_it_stood_still_for_its_whole_duration() {
    let mut election = election();
    let begun = Instant::now();
    let after = |seconds| begun + Duration::from_secs(seconds);
    assert_eq!(election.judge(&held_by("other", "1"), begun), Move::Wait);
    assert_eq!(election.judge(&held_by("other", "1"), after(29)), Move::Wait);
    assert_eq!(
        election.judge(&held_by("other", "2"), after(29)),
        Move::Wait,
        "it was renewed"
    );
    assert_eq!(election.judge(&held_by("other", "2"), after(58)), Move::Wait);
    assert_eq!(election.judge(&held_by("other", "2"), after(59)), Move::Take);
}

#[tokio::test]
async fn taking_over_counts_a_transition_and_renewing_does_not() {
    let election = election();
    let over = election.taken(held_by("other", "1")).spec.unwrap();
    assert_eq!(
        (over.holder_identity.as_deref(), over.lease_transitions),
        (Some("me"), Some(5))
    );
    assert!(over.acquire_time.is_some());
    let renewed = election.taken(held_by("me", "1")).spec.unwrap();
    assert_eq!((renewed.lease_transitions, renewed.acquire_time), (Some(4), None));
}
