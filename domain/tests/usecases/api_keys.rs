use coffer_domain::{
    Error,
    rights::Permission,
    usecase::{Caller, api_keys::NewApiKey},
};
use jiff::SignedDuration;

use super::*;

fn id_of(caller: &Caller) -> coffer_domain::id::ApiKeyId {
    let Principal::ApiKey(key) = &caller.principal else {
        panic!("a key")
    };
    key.id
}

#[test]
fn a_rotated_keys_old_token_works_for_the_overlap_and_no_longer() {
    let world = World::new();
    let (caller, old) = world.key("team", &[Permission::Read]);
    let issued = run(world
        .coffer
        .rotate_api_key(&Caller::controller(), &org("team"), id_of(&caller), HOUR))
    .unwrap();
    let new = text(issued.token.secret());
    for token in [&old, &new] {
        assert!(run(world.coffer.authenticate(token)).is_ok());
    }
    world.clock.advance(SignedDuration::from_secs(3599));
    assert!(run(world.coffer.authenticate(&old)).is_ok());
    world.clock.advance(SignedDuration::from_secs(1));
    assert!(matches!(
        run(world.coffer.authenticate(&old)),
        Err(Error::Unauthenticated(_))
    ));
    assert!(run(world.coffer.authenticate(&new)).is_ok());
}

#[test]
fn a_revoked_key_ends_at_once_with_its_previous_token() {
    let world = World::new();
    let (caller, old) = world.key("team", &[Permission::Read]);
    let issued = run(world
        .coffer
        .rotate_api_key(&Caller::controller(), &org("team"), id_of(&caller), HOUR))
    .unwrap();
    let new = text(issued.token.secret());
    run(world.coffer.authenticate(&new)).unwrap();
    run(world
        .coffer
        .revoke_api_key(&Caller::controller(), &org("team"), id_of(&caller)))
    .unwrap();
    for token in [&old, &new] {
        assert!(matches!(
            run(world.coffer.authenticate(token)),
            Err(Error::Unauthenticated(_))
        ));
    }
}

#[test]
fn an_expired_key_does_not_work() {
    let world = World::new();
    let expires_at = Some("2026-01-01T01:00:00Z".parse().unwrap());
    let new = NewApiKey {
        expires_at,
        ..NewApiKey::plain(Label::new("short").unwrap(), vec![Grant::administrator()])
    };
    let issued = run(world
        .coffer
        .create_api_key(&Caller::controller(), &org("team"), new))
    .unwrap();
    let token = text(issued.token.secret());
    assert!(run(world.coffer.authenticate(&token)).is_ok());
    world.clock.advance(SignedDuration::from_hours(1));
    assert!(matches!(
        run(world.coffer.authenticate(&token)),
        Err(Error::Unauthenticated(_))
    ));
}

#[test]
fn nobody_makes_a_key_with_more_rights_than_its_own() {
    let world = World::new();
    let (manager, _) = world.key("team", &[Permission::ManageKeys, Permission::Read]);
    let ask = |permissions: &[Permission]| {
        let grants = vec![Grant {
            permissions: permissions.iter().copied().collect(),
            ..Grant::administrator()
        }];
        let new = NewApiKey::plain(Label::new("child").unwrap(), grants);
        run(world.coffer.create_api_key(&manager, &org("team"), new))
    };
    assert!(ask(&[Permission::Read]).is_ok());
    assert!(matches!(ask(&[Permission::Write]), Err(Error::Forbidden { .. })));
    assert!(matches!(ask(&[]), Err(Error::Invalid { .. })));
}

#[test]
fn another_tenants_key_does_not_exist() {
    let world = World::new();
    let (foreign, _) = world.key("other", &Permission::ALL);
    let (admin, _) = world.key("team", &Permission::ALL);
    let id = id_of(&foreign);
    let mine = run(world.coffer.rotate_api_key(&admin, &org("team"), id, HOUR));
    assert!(matches!(mine, Err(Error::NotFound { what: "API key", .. })));
    let theirs = run(world.coffer.revoke_api_key(&admin, &org("other"), id));
    assert!(matches!(
        theirs,
        Err(Error::NotFound {
            what: "organization",
            ..
        })
    ));
}

#[test]
fn malformed_and_unknown_tokens_read_the_same() {
    let world = World::new();
    let unknown = coffer_domain::api_key::ApiToken::fresh(&SeededEntropy::new(99));
    let unknown = run(world.coffer.authenticate(&text(unknown.secret())))
        .unwrap_err()
        .to_string();
    let malformed = run(world.coffer.authenticate("coffer_x"))
        .unwrap_err()
        .to_string();
    assert_eq!(unknown, malformed);
}
