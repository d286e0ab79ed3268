//! The audit chain.

use coffer_domain::{audit::Verifier, id::OrgId, store::StoreError};
use futures::future::join_all;

use super::world::{AnyStore, World, event};

pub(crate) async fn every_commit_and_record_extends_the_chain(store: AnyStore) {
    let world = World::new(store).await;
    world.put("default", "KEY", "x").await.unwrap();
    world
        .store
        .record(world.organization.id, event("secret.read"))
        .await
        .unwrap();
    let chain = world.verified_chain().await;
    let actions: Vec<String> = chain
        .iter()
        .map(|record| record.parse().unwrap().action)
        .collect();
    assert_eq!(actions, ["test.write", "test.write", "secret.read"]);
    assert_eq!(chain[2].event, event("secret.read").canonical());
}

pub(crate) async fn chains_of_tenants_are_apart(store: AnyStore) {
    let (ours, theirs) = (
        World::new(store.clone()).await,
        World::of_tenant(store, "other").await,
    );
    for _ in 0..3 {
        ours.store.record(ours.organization.id, event("a")).await.unwrap();
        theirs
            .store
            .record(theirs.organization.id, event("b"))
            .await
            .unwrap();
    }
    assert_eq!(ours.verified_chain().await.len(), 4);
    assert_eq!(theirs.verified_chain().await.len(), 4);
}

pub(crate) async fn the_chain_has_no_gap_under_concurrent_writers(store: AnyStore) {
    const WRITERS: usize = 64;
    const EACH: usize = 20;
    let world = World::new(store).await;
    let writers = (0..WRITERS).map(|writer| {
        let world = world.clone();
        tokio::spawn(async move {
            for n in 0..EACH {
                let name = format!("W{writer}");
                world.put("default", &name, n.to_string()).await.unwrap();
                world
                    .store
                    .record(world.organization.id, event("secret.read"))
                    .await
                    .unwrap();
                assert_eq!(
                    world.value("default", &name).await.unwrap(),
                    n.to_string().as_bytes()
                );
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(world.verified_chain().await.len(), 1 + 2 * WRITERS * EACH);
}

pub(crate) async fn a_record_needs_its_organization(store: AnyStore) {
    let world = World::new(store).await;
    let unknown = OrgId::from_bytes([42; 16]);
    let refused = world.store.record(unknown, event("secret.read")).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))));
    assert!(world.store.audit(unknown, 0, 10).await.unwrap().is_empty());
}

pub(crate) async fn the_chain_is_read_in_pages(store: AnyStore) {
    let world = World::new(store).await;
    for _ in 0..24 {
        world
            .store
            .record(world.organization.id, event("secret.read"))
            .await
            .unwrap();
    }
    let mut verifier = Verifier::new(world.organization.id);
    loop {
        let page = world
            .store
            .audit(world.organization.id, verifier.head().0, 7)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 7);
        for record in &page {
            verifier.take(record).unwrap();
        }
    }
    assert_eq!(verifier.head().0, 25);
}

pub(crate) async fn the_chain_is_read_backwards_in_pages(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    let id = world.organization.id;
    for n in 0..9 {
        world.put("default", &format!("K{n}"), "x").await.unwrap();
        world.store.record(id, event("test.read")).await.unwrap();
        other.put("default", "K", "x").await.unwrap();
    }
    let mut forwards = world.verified_chain().await;
    forwards.reverse();
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = world.store.audit_before(id, before, 4).await.unwrap();
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        before = Some(last.sequence);
        all.extend(page);
    }
    assert_eq!(all, forwards);
}
