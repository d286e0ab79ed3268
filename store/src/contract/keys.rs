//! API keys.

use coffer_domain::{
    api_key::ApiToken,
    entity::{ApiKey, Owner, PreviousToken},
    id::ApiKeyId,
    store::{CommitError, Precondition, Write},
    testkit::SeededEntropy,
};

use super::world::{AnyStore, World, now};

pub(crate) async fn an_api_key_is_found_by_present_and_previous_token(store: AnyStore) {
    let world = World::new(store).await;
    let (old_token, key) = world.new_key("CI");
    world
        .commit(vec![], vec![Write::ApiKey(key.clone())])
        .await
        .unwrap();
    let find = async |token: &ApiToken| {
        world
            .store
            .api_key_by_digest(&world.store.digest(token))
            .await
            .unwrap()
    };
    assert_eq!(find(&old_token).await, Some(key.clone()));

    let (new_token, other) = world.new_key("unused");
    assert_eq!(find(&new_token).await, None);
    let rotated = ApiKey {
        digest: other.digest,
        previous: Some(PreviousToken {
            digest: key.digest,
            valid_until: now(),
        }),
        owner: Some(Owner {
            kind: "ApiKey".into(),
            name: "a/b".into(),
            uid: "u".into(),
        }),
        expires_at: Some(now()),
        revoked_at: Some(now()),
        revision: 2,
        ..key
    };
    world
        .commit(vec![], vec![Write::ApiKey(rotated.clone())])
        .await
        .unwrap();
    for token in [&old_token, &new_token] {
        assert_eq!(find(token).await, Some(rotated.clone()));
    }
    assert_eq!(world.store.api_key(rotated.id).await.unwrap(), Some(rotated));
}

pub(crate) async fn an_api_key_changes_only_from_the_revision_named(store: AnyStore) {
    let world = World::new(store).await;
    let (_, key) = world.new_key("CI");
    world
        .commit(vec![], vec![Write::ApiKey(key.clone())])
        .await
        .unwrap();
    let changed = ApiKey {
        revoked_at: Some(now()),
        revision: 2,
        ..key.clone()
    };
    for (id, revision) in [(key.id, 2), (key.id, 0), (ApiKeyId::from_bytes([3; 16]), 1)] {
        let at = vec![Precondition::ApiKey(id, revision)];
        let refused = world.commit(at, vec![Write::ApiKey(changed.clone())]).await;
        assert!(matches!(refused, Err(CommitError::Precondition)));
    }
    world
        .commit(
            vec![Precondition::ApiKey(key.id, 1)],
            vec![Write::ApiKey(changed.clone())],
        )
        .await
        .unwrap();
    assert_eq!(world.store.api_key(key.id).await.unwrap(), Some(changed));
}

pub(crate) async fn two_keys_never_share_a_token(store: AnyStore) {
    let world = World::new(store).await;
    let ((token, first), (_, second)) = (world.new_key("a"), world.new_key("b"));
    let twin = ApiKey {
        digest: first.digest,
        ..second
    };
    world
        .commit(vec![], vec![Write::ApiKey(first.clone())])
        .await
        .unwrap();
    assert!(world.commit(vec![], vec![Write::ApiKey(twin)]).await.is_err());
    assert_eq!(
        world
            .store
            .api_key_by_digest(&world.store.digest(&token))
            .await
            .unwrap(),
        Some(first)
    );
}

pub(crate) async fn api_keys_come_by_id_in_pages(store: AnyStore) {
    let world = World::new(store).await;
    let other = World::of_tenant(world.store.clone(), "other").await;
    let mut expected = Vec::new();
    for n in 0..7 {
        let (_, key) = world.new_key(&format!("key {n}"));
        expected.push(key.id);
        world.commit(vec![], vec![Write::ApiKey(key)]).await.unwrap();
        other
            .commit(vec![], vec![Write::ApiKey(other.new_key("theirs").1)])
            .await
            .unwrap();
    }
    expected.sort();
    let mut ids: Vec<ApiKeyId> = Vec::new();
    loop {
        let page = world
            .store
            .api_keys(world.organization.id, ids.last().copied(), 3)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        ids.extend(page.iter().map(|key| key.id));
    }
    assert_eq!(ids, expected);
}

pub(crate) async fn digests_differ_by_token(store: AnyStore) {
    let (a, b) = (
        ApiToken::fresh(&SeededEntropy::new(1)),
        ApiToken::fresh(&SeededEntropy::new(2)),
    );
    assert_eq!(store.digest(&a), store.digest(&a));
    assert_ne!(store.digest(&a), store.digest(&b));
}
