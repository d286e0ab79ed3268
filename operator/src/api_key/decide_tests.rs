use coffer_domain::{
    api_key::TokenDigest,
    entity::{KeyDetails, Usage},
    id::{ApiKeyId, OrgId},
};
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const MADE: &str = "2026-01-01T00:00:00Z";

fn vault() -> Vault {
    serde_json::from_value(json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault", "metadata": {"name": "app"},
        "spec": {"environments": ["production", "staging"]},
    }))
    .unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "json! literals are passed as they are"
)]
fn asked(more: Value) -> Result<Wish, Problem> {
    let mut spec = json!({"vaultRef": {"name": "app"}, "environment": "staging", "scopes": ["secrets:read"], "writeTo": {"secretName": "t"}});
    spec.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    wish(&serde_json::from_value(spec).unwrap(), &vault())
}

fn stored() -> Stored {
    Stored {
        id: ApiKeyId::from_bytes([1; 16]),
        organization: OrgId::from_bytes([2; 16]),
        name: "team/ci".parse().unwrap(),
        digest: TokenDigest([0; 32]),
        previous: None,
        grants: Vec::new(),
        owner: None,
        created_at: at(MADE),
        rotated_at: at(MADE),
        expires_at: None,
        revoked_at: None,
        details: KeyDetails::default(),
        usage: Usage::default(),
        revision: 1,
    }
}

fn step(more: Value, stored: Option<Stored>, in_place: Option<&str>, now: &str) -> Result<Step, Problem> {
    let world = World {
        now: at(now),
        stored,
        in_place: in_place.map(at),
    };
    decide(&asked(more).unwrap(), &world)
}

#[test]
fn one_step_follows_from_what_is_stored_and_what_is_in_place() {
    let hourly = || json!({"rotation": {"every": "1h"}});
    let plain = || json!({});
    let (soon, later) = ("2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z");
    for (more, stored, in_place, now, expected) in [
        (plain(), None, None, soon, Step::Issue),
        (plain(), Some(stored()), Some(MADE), later, Step::Keep),
        (plain(), Some(stored()), None, soon, Step::Replace),
        (
            plain(),
            Some(stored()),
            Some("2025-12-31T00:00:00Z"),
            soon,
            Step::Reissue,
        ),
        (hourly(), Some(stored()), Some(MADE), soon, Step::Keep),
        (hourly(), Some(stored()), Some(MADE), later, Step::Rotate),
        (
            hourly(),
            Some(stored()),
            Some(MADE),
            "2027-01-01T00:00:00Z",
            Step::Rotate,
        ),
        (
            hourly(),
            Some(stored()),
            Some("2025-12-31T00:00:00Z"),
            later,
            Step::Reissue,
        ),
    ] {
        assert_eq!(
            step(more.clone(), stored, in_place, now).unwrap(),
            expected,
            "{more} {in_place:?} {now}"
        );
    }
}

#[test]
fn an_expired_key_rotates_if_it_may_and_otherwise_says_so() {
    let expiry = json!({"expiresIn": "1h"});
    let problem = step(expiry, Some(stored()), Some(MADE), "2026-01-01T01:00:00Z").unwrap_err();
    assert_eq!(problem.reason, reason::EXPIRED);
    let rotating = json!({"expiresIn": "1h", "rotation": {"every": "30d"}});
    assert_eq!(
        step(rotating, Some(stored()), Some(MADE), "2026-01-01T01:00:00Z").unwrap(),
        Step::Rotate
    );
    // A longer life brings it back.
    let longer = json!({"expiresIn": "2h"});
    assert_eq!(
        step(longer, Some(stored()), Some(MADE), "2026-01-01T01:00:00Z").unwrap(),
        Step::Keep
    );
}

#[test]
fn scopes_and_patterns_become_one_grant() {
    let wish =
        asked(json!({"scopes": ["secrets:read", "consumers:read"], "keys": ["app/*"], "environment": "*"}))
            .unwrap();
    let grant = &wish.grants[0];
    assert_eq!(grant.permissions.len(), 2);
    assert_eq!(
        (
            grant.vault.as_str(),
            grant.environment.as_str(),
            grant.names[0].as_str()
        ),
        ("app", "*", "app/*")
    );
    assert_eq!(wish.overlap, Duration::from_hours(1));
}

#[test]
fn no_scope_manages_anything() {
    let all = [
        "secrets:read",
        "secrets:list",
        "secrets:write",
        "secrets:delete",
        "secrets:destroy",
        "secrets:rotate",
        "consumers:read",
    ];
    let wish = asked(json!({"scopes": all})).unwrap();
    let managing = [
        Permission::ManageKeys,
        Permission::ManageVaults,
        Permission::ReadAudit,
    ];
    assert!(
        managing
            .iter()
            .all(|permission| !wish.grants[0].permissions.contains(permission))
    );
}

#[test]
fn an_environment_that_the_vault_lacks_is_told() {
    let problem = asked(json!({"environment": "stagin"})).unwrap_err();
    assert_eq!(problem.reason, reason::ENVIRONMENT_NOT_FOUND);
    assert!(
        problem.message.ends_with("did you mean staging?"),
        "{}",
        problem.message
    );
}
