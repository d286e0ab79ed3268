//! Logs in segments over a real store: what was kept is there after a restart, and of two who keep at once neither
//! loses a line.

use std::{ops::Range, sync::Arc};

use coffer_domain::{
    request_log::{RequestFilter, RequestLine},
    segment::Line,
    store::Store,
    testkit::{ManualClock, NoKeyPairs, SeededEntropy},
    usecase::{Caller, Coffer},
};
use tempfile::TempDir;

use super::store_in;
use crate::contract::world::{World, now};

const FULL: u64 = RequestLine::SEGMENT_LINES as u64;

fn coffer(store: Arc<dyn Store>) -> Coffer {
    let clock = Arc::new(ManualClock::at(now()));
    Coffer::new(
        store,
        clock,
        Arc::new(SeededEntropy::new(5)),
        Arc::new(NoKeyPairs),
    )
}

fn lines(by: &str, numbers: Range<u64>) -> Vec<Arc<RequestLine>> {
    let line = |number| RequestLine {
        request: format!("{by}{number}"),
        at: now(),
        door: "secryn".into(),
        principal: "key:1".to_owned(),
        kind: "user".into(),
        method: "GET".into(),
        subject: "secret".into(),
        path: "/v1/vaults".to_owned(),
        status: 200,
        address: [192, 0, 2, 1].into(),
        micros: 7,
    };
    numbers.map(|number| Arc::new(line(number))).collect()
}

async fn kept(coffer: &Coffer, world: &World) -> Vec<String> {
    let (caller, name) = (Caller::controller(), &world.organization.name);
    let all = RequestFilter::default();
    let found = coffer.read_requests(&caller, name, &all).await.unwrap();
    found.into_iter().map(|line| line.request).collect()
}

fn names(by: &str, numbers: Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("{by}{number}")).collect()
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart_and_goes_on() {
    let directory = TempDir::new().unwrap();
    let world = World::new(store_in(directory.path()).await).await;
    let id = world.organization.id;
    let coffer_before = coffer(world.store.clone());
    coffer_before
        .keep_requests(id, &lines("a", 0..2 * FULL + 7))
        .await
        .unwrap();
    drop(coffer_before);
    let world = world.close().reopen(store_in(directory.path()).await).await;
    let coffer = coffer(world.store.clone());
    assert_eq!(kept(&coffer, &world).await, names("a", 0..2 * FULL + 7));
    coffer
        .keep_requests(id, &lines("a", 2 * FULL + 7..3 * FULL))
        .await
        .unwrap();
    assert_eq!(kept(&coffer, &world).await, names("a", 0..3 * FULL));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_keep_at_once_neither_loses_a_line() {
    let directory = TempDir::new().unwrap();
    let world = World::new(store_in(directory.path()).await).await;
    let (id, coffer) = (world.organization.id, coffer(world.store.clone()));
    let keep = |by: &'static str| {
        let coffer = coffer.clone();
        tokio::spawn(async move {
            for first in (0..300).step_by(30) {
                coffer
                    .keep_requests(id, &lines(by, first..first + 30))
                    .await
                    .unwrap();
            }
        })
    };
    for keeper in [keep("a"), keep("b")] {
        keeper.await.unwrap();
    }
    let all = kept(&coffer, &world).await;
    assert_eq!(all.len(), 600);
    for by in ["a", "b"] {
        let own: Vec<String> = all.iter().filter(|name| name.starts_with(by)).cloned().collect();
        assert_eq!(own, names(by, 0..300));
    }
}
