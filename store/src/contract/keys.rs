//! API keys.

use coffer_domain::{
    api_key::ApiToken,
    entity::{ApiKey, KeyDetails, KeyReach, Owner, PreviousToken, Purpose, Usage},
    id::{ApiKeyId, UserId},
    repo_role::Scope,
    store::{CommitError, Precondition, Write},
    testkit::SeededEntropy,
};

use jiff::SignedDuration;

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

pub(crate) async fn what_a_door_says_of_a_key_reads_back(store: AnyStore) {
    let world = World::new(store).await;
    let (_, key) = world.new_key("door");
    let organization = world.organization.id;
    for details in [
        KeyDetails {
            door: Some("keyway".into()),
            user: Some(UserId::of("keyway", "1")),
            scopes: Some([Scope::ReadSecrets, Scope::AdminApiKeys].into()),
            allowed: vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
            shown: Some("kw_live_abcdefgh".into()),
            revoked_because: Some("lost".into()),
            reach: KeyReach::Projects(vec![organization]),
            ..KeyDetails::default()
        },
        KeyDetails {
            purpose: Purpose::Vault(world.vault.vault.id),
            reach: KeyReach::Account,
            ..KeyDetails::default()
        },
    ] {
        let key = ApiKey {
            details,
            ..key.clone()
        };
        world
            .commit(vec![], vec![Write::ApiKey(key.clone())])
            .await
            .unwrap();
        assert_eq!(world.store.api_key(key.id).await.unwrap(), Some(key));
    }
}

pub(crate) async fn use_adds_up_and_changes_no_right(store: AnyStore) {
    let world = World::new(store).await;
    let (_, key) = world.new_key("used");
    world
        .commit(vec![], vec![Write::ApiKey(key.clone())])
        .await
        .unwrap();
    let epoch = world.store.rights_epoch();
    let later = now() + SignedDuration::from_secs(5);
    let used = |count, last| {
        let last = Some(last);
        (key.id, Usage { count, last })
    };
    let gone = ApiKeyId::from_bytes([0; 16]);
    let other = (gone, used(1, now()).1);
    world
        .store
        .note_key_usage(&[used(2, later), other])
        .await
        .unwrap();
    world.store.note_key_usage(&[used(3, now())]).await.unwrap();
    assert_eq!(world.store.rights_epoch(), epoch);
    let expected = ApiKey {
        usage: used(5, later).1,
        ..key.clone()
    };
    assert_eq!(world.store.api_key(key.id).await.unwrap(), Some(expected.clone()));
    // A change that was decided before keeps what was counted since.
    world.commit(vec![], vec![Write::ApiKey(key)]).await.unwrap();
    let found = world.store.api_key(expected.id).await.unwrap().unwrap();
    assert_eq!(found.usage, expected.usage);
}
