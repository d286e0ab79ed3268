use std::net::IpAddr;

use coffer_domain::{
    Error,
    api_key::TokenForm,
    entity::{KeyDetails, KeyReach, Purpose},
    id::{OrgId, UserId},
    metadata::{Kind, Metadata},
    principal::{Conceal, User},
    repo_role::Scope,
    rights::Permission,
    role::ProjectRole,
    usecase::{
        Caller,
        api_keys::IssuedKey,
        door_keys::{DoorKey, NewUserKey},
        secrets::NewSecret,
    },
};
use jiff::SignedDuration;

use super::*;

const DOOR: DoorKey = DoorKey {
    door: "secryn",
    form: TokenForm::Dialect {
        prefix: "secryn_ak_",
        random: 43,
        shown: 4,
    },
};

fn token(issued: &IssuedKey) -> String {
    text(issued.token.secret())
}

fn from(world: &World, token: &str, address: &str) -> Result<Principal, Error> {
    let address: IpAddr = address.parse().unwrap();
    run(world.coffer.authenticate_from(token, Some(address)))
}

#[test]
fn a_vault_key_reads_its_vault_even_a_restricted_one_and_nothing_else() {
    let world = World::new();
    world.put("DB_URL", "x");
    let controller = Caller::controller();
    let (team, app) = (org("team"), vault("app"));
    let settings = VaultSettings {
        environments: vec![],
        access: vec![],
        owner: None,
    };
    run(world
        .coffer
        .create_vault(&controller, &team, &vault("other"), settings))
    .unwrap();
    run(world.coffer.restrict_vault(&controller, &team, &app, true)).unwrap();
    let (manager, _) = world.key_with("team", vec![ProjectRole::ProjectManager.grant()]);
    let issued = run(world
        .coffer
        .create_vault_key(&manager, (&team, &app), Label::new("ci").unwrap(), DOOR))
    .unwrap();
    assert!(token(&issued).starts_with("secryn_ak_"));
    let ci = world.caller(&token(&issued));
    assert!(matches!(&ci.principal, Principal::ApiKey(key) if matches!(key.purpose, Purpose::Vault(_))));
    assert_eq!(world.read(&ci, "DB_URL").unwrap(), "x");
    let put = run(world
        .coffer
        .put_secret(&ci, &secret("DB_URL"), "y".into(), PutOptions::default()));
    assert!(matches!(put, Err(Error::Forbidden { .. })));
    let elsewhere = run(world.coffer.get_vault(&ci, &team, &vault("other")));
    assert!(matches!(elsewhere, Err(Error::NotFound { .. })));
    let listed = run(world.coffer.list_vault_keys(&manager, &team, &app)).unwrap();
    assert_eq!(listed.len(), 1);
    run(world
        .coffer
        .revoke_vault_key(&manager, &team, &app, issued.key.id))
    .unwrap();
    assert!(run(world.coffer.authenticate(&token(&issued))).is_err());
    let again = run(world
        .coffer
        .revoke_vault_key(&manager, &team, &app, issued.key.id));
    assert!(matches!(again, Err(Error::NotFound { .. })));
    let (contributor, _) = world.key_with("team", vec![ProjectRole::Contributor.grant_on(&app)]);
    let refused = run(world.coffer.list_vault_keys(&contributor, &team, &app));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[test]
fn a_public_key_is_read_by_its_newest_token_until_it_is_public_no_more() {
    let world = World::new();
    let controller = Caller::controller();
    let new = NewSecret {
        name: name("SIGNING"),
        value: "pem".into(),
        metadata: Metadata {
            kind: Kind::Key,
            immutable: true,
            ..Metadata::default()
        },
    };
    run(world.coffer.create_secrets(&controller, &place(), &[new])).unwrap();
    world.put("DB_URL", "x");
    let publish = |name: &str| run(world.coffer.publish_secret(&controller, &secret(name), DOOR));
    assert!(matches!(publish("DB_URL"), Err(Error::Refused(_))));
    let (shown, first) = publish("SIGNING").unwrap();
    assert!(shown.described().public);
    let (_, second) = publish("SIGNING").unwrap();
    assert!(run(world.coffer.authenticate(&token(&first))).is_err());
    let holder = world.caller(&token(&second));
    assert_eq!(world.read(&holder, "SIGNING").unwrap(), "pem");
    assert!(world.read(&holder, "DB_URL").is_err());
    assert!(run(world.coffer.list_secrets(&holder, &place(), None, 9)).is_err());
    let hidden = run(world.coffer.unpublish_secret(&controller, &secret("SIGNING"))).unwrap();
    assert!(!hidden.described().public);
    assert!(run(world.coffer.authenticate(&token(&second))).is_err());
}

fn user(world: &World, name: &str, key: Option<&[Scope]>) -> Caller {
    let key = key.map(|scopes| {
        let id = coffer_domain::id::ApiKeyId::from_bytes([9; 16]);
        (id, scopes.iter().copied().collect())
    });
    caller(Principal::User(User {
        id: UserId::of("keyway", name),
        home: world.team.id,
        grants: vec![],
        key,
        conceal: Conceal::VaultItself,
    }))
}

fn wanted(scopes: &[Scope], allowed: &[&str]) -> NewUserKey {
    NewUserKey {
        name: Label::new("ci").unwrap(),
        scopes: scopes.iter().copied().collect(),
        allowed: allowed.iter().map(|range| range.parse().unwrap()).collect(),
        expires_at: None,
    }
}

#[test]
fn a_users_keys_are_their_own() {
    let world = World::new();
    let (ann, bob) = (user(&world, "ann", None), user(&world, "bob", None));
    let make = |caller: &Caller, scopes: &[Scope]| {
        run(world.coffer.create_user_key(caller, wanted(scopes, &[]), DOOR))
    };
    let issued = make(&ann, &[Scope::ReadSecrets]).unwrap();
    assert!(matches!(make(&ann, &[]), Err(Error::Invalid { .. })));
    let shown = issued.key.details.shown.clone().unwrap();
    assert!(token(&issued).starts_with(&shown) && shown.len() == 14);
    let Principal::ApiKey(holder) = run(world.coffer.authenticate(&token(&issued))).unwrap() else {
        panic!("a key has a holder");
    };
    assert_eq!(holder.user, Some(UserId::of("keyway", "ann")));
    assert!(holder.grants.is_empty(), "it has what its user has, and no more");
    let list = |caller: &Caller| run(world.coffer.list_user_keys(caller)).unwrap().len();
    assert_eq!((list(&ann), list(&bob)), (1, 0));
    let revoke = |caller: &Caller| run(world.coffer.revoke_user_key(caller, issued.key.id, "lost"));
    assert!(matches!(revoke(&bob), Err(Error::NotFound { .. })));
    let revoked = revoke(&ann).unwrap();
    assert_eq!(revoked.details.revoked_because.as_deref(), Some("lost"));
    assert!(matches!(revoke(&ann), Err(Error::Refused(_))));
    assert!(run(world.coffer.authenticate(&token(&issued))).is_err());
    assert_eq!(list(&ann), 1, "revoked ones stay in the list");
    let _ = make(&ann, &[Scope::ReadSecrets]).unwrap();
}

#[test]
fn a_key_manages_keys_by_its_scope_and_hands_out_no_other() {
    let world = World::new();
    let reader = user(&world, "ann", Some(&[Scope::ReadSecrets]));
    let refused = run(world.coffer.list_user_keys(&reader));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    assert_eq!(world.last_event(world.team.id).action, "key.scope");
    let manager = user(&world, "ann", Some(&[Scope::AdminApiKeys]));
    let make = |scope| {
        run(world
            .coffer
            .create_user_key(&manager, wanted(&[scope], &[]), DOOR))
    };
    assert!(make(Scope::AdminApiKeys).is_ok());
    assert!(matches!(make(Scope::WriteSecrets), Err(Error::Forbidden { .. })));
}

#[test]
fn a_key_bound_to_addresses_works_from_those() {
    let world = World::new();
    let ann = user(&world, "ann", None);
    let new = wanted(&[Scope::ReadSecrets], &["127.0.0.0/8", "2001:db8::/32"]);
    let issued = run(world.coffer.create_user_key(&ann, new, DOOR)).unwrap();
    let token = token(&issued);
    assert!(from(&world, &token, "127.8.8.8").is_ok());
    assert!(from(&world, &token, "2001:db8::7").is_ok());
    assert!(from(&world, &token, "10.0.0.1").is_err());
    assert!(
        run(world.coffer.authenticate(&token)).is_err(),
        "from nobody knows where"
    );
}

#[test]
fn use_is_written_down_when_asked_to_and_not_before() {
    let world = World::new();
    let (caller, token) = world.key("team", &Permission::ALL);
    let Principal::ApiKey(holder) = &caller.principal else {
        panic!("a key has a holder");
    };
    let usage = || {
        run(world
            .coffer
            .get_api_key(&Caller::controller(), &org("team"), holder.id))
        .unwrap()
        .usage
    };
    world.clock.advance(SignedDuration::from_secs(60));
    run(world.coffer.authenticate(&token)).unwrap();
    assert_eq!(usage().count, 0);
    run(world.coffer.note_key_usage()).unwrap();
    assert_eq!(usage().count, 2);
    assert_eq!(usage().last.unwrap().to_string(), "2026-01-01T00:01:00Z");
    run(world.coffer.note_key_usage()).unwrap();
    assert_eq!(usage().count, 2);
}

fn account_key(world: &World, maker: &Caller, reach: KeyReach) -> Result<Caller, Error> {
    let new = NewApiKey {
        details: KeyDetails {
            reach,
            ..KeyDetails::default()
        },
        ..NewApiKey::plain(Label::new("account").unwrap(), vec![ProjectRole::Admin.grant()])
    };
    let issued = run(world.coffer.create_api_key(maker, &org("team"), new))?;
    Ok(world.caller(&token(&issued)))
}

#[test]
fn an_account_reaches_its_projects_new_ones_too_and_no_other_organization() {
    let world = World::new();
    world.key("other", &[Permission::Read]);
    let controller = Caller::controller();
    let admin = account_key(&world, &controller, KeyReach::Account).unwrap();
    let label = Label::new("Pay & Go").unwrap();
    let project = run(world.coffer.create_project(&admin, &org("team"), &label)).unwrap();
    assert_eq!(project.name.as_str(), "team.pay-go");
    let twin = run(world.coffer.create_project(&admin, &org("team"), &label)).unwrap();
    assert_eq!(twin.name.as_str(), "team.pay-go-2");
    let many: Vec<_> = (0..30)
        .map(|_| run(world.coffer.create_project(&controller, &org("other"), &label)).unwrap())
        .collect();
    assert_eq!(
        many[29].label.as_ref(),
        Some(&label),
        "many may have the same label"
    );
    let admin = account_key(&world, &controller, KeyReach::Account).unwrap();
    let names = |caller: &Caller| {
        let listed = run(world.coffer.list_projects(caller, &org("team"))).unwrap();
        let names: Vec<String> = listed.into_iter().map(|one| one.name.into()).collect();
        names.join(" ")
    };
    assert_eq!(names(&admin), "team team.pay-go team.pay-go-2");
    let one = account_key(&world, &controller, KeyReach::Projects(vec![project.id])).unwrap();
    assert_eq!(names(&one), "team team.pay-go");
    let (own, _) = world.key("team", &Permission::ALL);
    assert_eq!(names(&own), "team");
    let (foreign, _) = world.key("other", &Permission::ALL);
    assert!(run(world.coffer.list_projects(&foreign, &org("team"))).is_err());
    let hidden = run(world.coffer.organization_of_id(&own, project.id));
    assert!(matches!(hidden, Err(Error::NotFound { .. })));
    let named = run(world
        .coffer
        .label_organization(&admin, &project.name, &Label::new("Pay").unwrap()))
    .unwrap();
    assert_eq!(named.label.unwrap().as_str(), "Pay");
}

#[test]
fn nobody_hands_out_more_reach_than_their_own() {
    let world = World::new();
    let (plain, _) = world.key("team", &Permission::ALL);
    let foreign = OrgId::from_bytes([4; 16]);
    for reach in [KeyReach::Account, KeyReach::Projects(vec![foreign])] {
        let refused = account_key(&world, &plain, reach).err();
        assert!(matches!(refused, Some(Error::Forbidden { .. })));
    }
    let wide = account_key(&world, &Caller::controller(), KeyReach::Account).unwrap();
    assert!(account_key(&world, &wide, KeyReach::Account).is_ok());
}

#[test]
fn an_organization_becomes_a_project_at_our_own_controllers_word_alone() {
    let world = World::new();
    world.key("other", &[Permission::Read]);
    let (admin, _) = world.key("team", &Permission::ALL);
    let adopt = |caller: &Caller| run(world.coffer.adopt_project(caller, &org("team"), &org("other")));
    assert!(matches!(adopt(&admin), Err(Error::Forbidden { .. })));
    assert_eq!(adopt(&Caller::controller()).unwrap().account, Some(world.team.id));
}

#[test]
fn a_vault_key_follows_its_vault_and_never_opens_another_of_the_old_name() {
    let world = World::new();
    world.put("DB_URL", "x");
    let controller = Caller::controller();
    let (team, app) = (org("team"), vault("app"));
    let label = Label::new("ci").unwrap();
    let issued = run(world
        .coffer
        .create_vault_key(&controller, (&team, &app), label, DOOR))
    .unwrap();
    run(world.coffer.rename_vault(&controller, &team, &app, &vault("new"))).unwrap();
    let settings = VaultSettings {
        environments: vec![env("default")],
        access: vec![],
        owner: None,
    };
    run(world.coffer.create_vault(&controller, &team, &app, settings)).unwrap();
    world.put("DB_URL", "another's");
    let ci = world.caller(&token(&issued));
    assert!(matches!(world.read(&ci, "DB_URL"), Err(Error::NotFound { .. })));
    let moved = Place {
        vault: vault("new"),
        ..place()
    };
    let address = moved.secret(name("DB_URL"));
    let read = run(world.coffer.read_secret(&ci, &address, None)).unwrap();
    assert_eq!(text(&read.value), "x");
}

#[test]
fn a_public_token_reads_no_other_secret_that_takes_the_name() {
    let world = World::new();
    let controller = Caller::controller();
    let new = || NewSecret {
        name: name("SIGNING"),
        value: "pem".into(),
        metadata: Metadata {
            kind: Kind::Key,
            ..Metadata::default()
        },
    };
    let make = || run(world.coffer.create_secrets(&controller, &place(), &[new()])).unwrap();
    make();
    let (_, issued) = run(world.coffer.publish_secret(&controller, &secret("SIGNING"), DOOR)).unwrap();
    let holder = world.caller(&token(&issued));
    assert_eq!(world.read(&holder, "SIGNING").unwrap(), "pem");
    run(world
        .coffer
        .trash_secret(&controller, &secret("SIGNING"), SignedDuration::from_secs(1)))
    .unwrap();
    make();
    assert!(matches!(
        world.read(&holder, "SIGNING"),
        Err(Error::NotFound { .. })
    ));
    let all = coffer_domain::usecase::secrets::Span::ALL;
    assert!(
        run(world.coffer.read_environment(&holder, &place(), all))
            .unwrap()
            .is_empty()
    );
}
