use std::sync::Arc;

use super::*;
use crate::{
    entity::Vault,
    id::{ApiKeyId, VaultId},
    name::{Label, VaultName},
    principal::KeyHolder,
};

const ORG: [u8; 16] = [1; 16];

fn vault(access: Vec<Access>) -> Vault {
    Vault {
        id: VaultId::from_bytes([2; 16]),
        organization: OrgId::from_bytes(ORG),
        name: VaultName::new("app").unwrap(),
        environments: Vec::new(),
        access,
        owner: None,
        environment_types: std::collections::BTreeMap::new(),
        restricted: false,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        revision: 1,
    }
}

fn grant(permissions: &[Permission], vault: &str, names: &[&str]) -> Grant {
    Grant {
        permissions: permissions.iter().copied().collect(),
        vault: Pattern::new(vault),
        environment: Pattern::any(),
        names: names.iter().map(|&name| Pattern::new(name)).collect(),
    }
}

fn key(grants: Vec<Grant>) -> Principal {
    Principal::ApiKey(Arc::new(KeyHolder {
        id: ApiKeyId::from_bytes([3; 16]),
        name: Label::new("test").unwrap(),
        organization: OrgId::from_bytes(ORG),
        also: [].into(),
        whole_account: false,
        purpose: Purpose::General,
        user: None,
        scopes: None,
        grants,
    }))
}

fn pod(namespace: &str, service_account: &str) -> Principal {
    Principal::Workload(Workload {
        namespace: namespace.into(),
        service_account: service_account.into(),
        pod: "p".into(),
        pod_uid: "u".into(),
    })
}

fn secret<'a>(vault: &'a str, name: &'a str) -> Target<'a> {
    Target {
        organization: OrgId::from_bytes(ORG),
        vault: Some(vault),
        environment: Some("default"),
        name: Some(name),
    }
}

#[test]
fn a_key_reaches_what_its_grant_names_and_no_more() {
    let holder = key(vec![grant(&[Permission::Read], "app", &["DB_*"])]);
    let decide = |permission, target| decide(&holder, permission, &target, None);
    assert_eq!(decide(Permission::Read, secret("app", "DB_URL")), Decision::Allow);
    assert_eq!(
        decide(Permission::Write, secret("app", "DB_URL")),
        Decision::Forbid
    );
    assert_eq!(
        decide(Permission::Read, secret("app", "API_KEY")),
        Decision::Forbid
    );
    assert_eq!(
        decide(Permission::Read, secret("other", "DB_URL")),
        Decision::Hide
    );
}

#[test]
fn another_tenant_does_not_exist() {
    let holder = key(vec![Grant::administrator()]);
    let foreign = Target {
        organization: OrgId::from_bytes([9; 16]),
        ..secret("app", "X")
    };
    for permission in Permission::ALL {
        assert_eq!(decide(&holder, permission, &foreign, None), Decision::Hide);
    }
}

#[test]
fn a_grant_over_one_vault_says_nothing_of_the_organization() {
    let organization = Target {
        vault: None,
        environment: None,
        name: None,
        ..secret("app", "X")
    };
    let narrow = key(vec![grant(&[Permission::ManageKeys], "app", &["*"])]);
    assert_eq!(
        decide(&narrow, Permission::ManageKeys, &organization, None),
        Decision::Forbid
    );
    let wide = key(vec![grant(&[Permission::ManageKeys], "*", &["*"])]);
    assert_eq!(
        decide(&wide, Permission::ManageKeys, &organization, None),
        Decision::Allow
    );
}

#[test]
fn a_pod_reads_what_the_vault_admits_it_to() {
    let vault = vault(vec![Access {
        service_accounts: vec![Pattern::new("web")],
        namespaces: vec![Pattern::new("team")],
        environments: vec![Pattern::new("default")],
        names: vec![Pattern::new("DB_*")],
    }]);
    let decide = |principal, permission, target| decide(&principal, permission, &target, Some(&vault));
    assert_eq!(
        decide(pod("team", "web"), Permission::Read, secret("app", "DB_URL")),
        Decision::Allow
    );
    assert_eq!(
        decide(pod("team", "web"), Permission::Write, secret("app", "DB_URL")),
        Decision::Forbid
    );
    assert_eq!(
        decide(pod("team", "web"), Permission::Read, secret("app", "API_KEY")),
        Decision::Forbid
    );
    assert_eq!(
        decide(pod("team", "other"), Permission::Read, secret("app", "DB_URL")),
        Decision::Hide
    );
    assert_eq!(
        decide(pod("other", "web"), Permission::Read, secret("app", "DB_URL")),
        Decision::Hide
    );
}

#[test]
fn a_vault_without_access_admits_no_pod() {
    let vault = vault(Vec::new());
    assert_eq!(
        decide(
            &pod("team", "web"),
            Permission::Read,
            &secret("app", "X"),
            Some(&vault)
        ),
        Decision::Hide
    );
}

#[test]
fn nobody_grants_a_right_that_they_lack() {
    let own = [grant(&[Permission::Read, Permission::List], "app", &["DB_*"])];
    assert!(may_grant(&own, &[grant(&[Permission::Read], "app", &["DB_URL"])]));
    assert!(!may_grant(
        &own,
        &[grant(&[Permission::Write], "app", &["DB_URL"])]
    ));
    assert!(!may_grant(&own, &[grant(&[Permission::Read], "*", &["DB_URL"])]));
    assert!(!may_grant(&own, &[grant(&[Permission::Read], "app", &["*"])]));
    assert!(may_grant(&[Grant::administrator()], &[Grant::administrator()]));
}

#[test]
fn scope_names_read_back() {
    for permission in Permission::ALL {
        assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
    }
    assert_eq!(Permission::parse("SECRETS:READ"), None);
}

fn user(grants: Vec<(u8, Grant)>, conceal: Conceal) -> Principal {
    Principal::User(crate::principal::User {
        id: crate::id::UserId::of("door", "somebody"),
        home: OrgId::from_bytes([7; 16]),
        grants: grants
            .into_iter()
            .map(|(organization, grant)| (OrgId::from_bytes([organization; 16]), grant))
            .collect(),
        key: None,
        conceal,
    })
}

#[test]
fn a_users_grants_hold_in_their_own_organization_only() {
    let read = grant(&[Permission::Read], "app", &["*"]);
    let here = ORG[0];
    for (grants, expected) in [
        (vec![], Decision::Hide),
        (vec![(here.wrapping_add(1), read.clone())], Decision::Hide),
        (vec![(here, read.clone())], Decision::Allow),
        (
            vec![(here, grant(&[Permission::List], "app", &["*"]))],
            Decision::Forbid,
        ),
        (
            vec![(here, grant(&[Permission::Read], "other", &["*"]))],
            Decision::Hide,
        ),
    ] {
        let principal = user(grants.clone(), Conceal::Everything);
        let decision = decide(&principal, Permission::Read, &secret("app", "KEY"), None);
        assert_eq!(decision, expected, "{grants:?}");
    }
}

#[test]
fn a_door_that_conceals_the_vault_alone_forbids_its_insides() {
    for (conceal, view, decision, expected) in [
        (Conceal::Everything, false, Decision::Hide, Decision::Hide),
        (Conceal::Everything, true, Decision::Hide, Decision::Hide),
        (Conceal::VaultItself, false, Decision::Hide, Decision::Forbid),
        (Conceal::VaultItself, true, Decision::Hide, Decision::Hide),
        (Conceal::VaultItself, false, Decision::Forbid, Decision::Forbid),
        (Conceal::VaultItself, false, Decision::Allow, Decision::Allow),
    ] {
        assert_eq!(shown(&user(vec![], conceal), view, decision), expected);
    }
    assert_eq!(shown(&key(vec![]), false, Decision::Hide), Decision::Hide);
}
