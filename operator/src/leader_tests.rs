use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use hyper::{Method, Request, Response};
use kube::{Client, core::Status};
use parking_lot::Mutex;
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
    let nobody = tower::service_fn(|_: Request<kube::client::Body>| async {
        Err::<Response<kube::client::Body>, _>(std::io::Error::other("nobody is asked"))
    });
    candidate(Client::new(nobody, "coffer"))
}

fn candidate(client: Client) -> Election {
    let api = Api::namespaced(client, "coffer");
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

/// Answers reads with a Lease of ours, refuses as many writes as there are `refusals` with their codes, and keeps those
/// that it took.
fn contended(refusals: &'static [u16]) -> (Client, Arc<Mutex<Vec<Lease>>>) {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let (kept, refused) = (taken.clone(), Arc::new(AtomicUsize::new(0)));
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let (kept, refused) = (kept.clone(), refused.clone());
        async move {
            if request.method() == Method::GET {
                return Ok::<_, Infallible>(answer(200, &held_by("me", "7")));
            }
            if let Some(code) = refusals.get(refused.fetch_add(1, Ordering::Relaxed)) {
                let status = Status::failure("not now", "Refused").with_code(*code);
                return Ok(answer(*code, &status));
            }
            let body = request.into_body().collect_bytes().await.unwrap();
            let lease: Lease = serde_json::from_slice(&body).unwrap();
            let response = answer(200, &lease);
            kept.lock().push(lease);
            Ok(response)
        }
    });
    (Client::new(service, "coffer"), taken)
}

fn answer(code: u16, body: &impl serde::Serialize) -> Response<kube::client::Body> {
    let body = serde_json::to_vec(body).unwrap();
    Response::builder().status(code).body(body.into()).unwrap()
}

#[tokio::test]
async fn it_is_given_back_though_a_late_renewal_or_a_failure_came_between() {
    let (client, taken) = contended(&[409, 500, 409]);
    let mut election = candidate(client);
    election.timing = Timing::of_seconds(NonZeroU16::new(10).unwrap());
    election.release().await.unwrap();
    let taken = taken.lock();
    let [lease] = taken.as_slice() else {
        panic!("{taken:?}")
    };
    assert_eq!(holder(lease), None);
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
