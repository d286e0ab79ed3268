use coffer_domain::{
    metadata::{Kind, Metadata},
    outbox::{Delivery, Subscription, signature},
    record::{Collection, Document},
    usecase::{
        Caller,
        outbox::Due,
        outbox_lease::TAKEN_FOR,
        secrets::{KEPT_IN_TRASH, NewSecret},
    },
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {}

impl Document for Thing {
    const COLLECTION: Collection = Collection::new("thing").announced();
    const NOUN: &'static str = "thing";
}

fn subscribe(world: &World, key: &str, events: &[&str]) {
    let subscription = Subscription {
        labels: std::collections::BTreeMap::new(),
        url: format!("https://example.com/{key}"),
        events: events.iter().map(|&event| event.to_owned()).collect(),
        active: true,
        door: "secryn".into(),
        secret: "signing-secret".into(),
    };
    run(world
        .coffer
        .create_document(&Caller::controller(), &org("team"), key, &subscription))
    .unwrap();
}

fn due(world: &World) -> Vec<Due> {
    run(world.coffer.due_deliveries(&[], 100)).unwrap()
}

fn heard(world: &World) -> String {
    let mut events: Vec<String> = due(world)
        .into_iter()
        .map(|due| due.delivery.body.event)
        .collect();
    events.sort();
    events.join(" ")
}

#[test]
fn each_change_is_told_to_those_who_want_to_hear_of_it() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("BEFORE", "x");
    subscribe(&world, "all", &["*"]);
    subscribe(&world, "keys", &["key.*"]);
    assert_eq!(heard(&world), "", "nothing of what was before");
    let key = NewSecret {
        name: name("SIGNING"),
        value: "pem".into(),
        metadata: Metadata {
            kind: Kind::Key,
            ..Metadata::default()
        },
    };
    run(world.coffer.create_secrets(&caller, &place(), &[key])).unwrap();
    assert_eq!(heard(&world), "key.created key.created");
    world.put("BEFORE", "y");
    run(world
        .coffer
        .trash_secret(&caller, &secret("BEFORE"), KEPT_IN_TRASH))
    .unwrap();
    run(world
        .coffer
        .create_document(&caller, &org("team"), "t1", &Thing {}))
    .unwrap();
    run(world.coffer.drop_document::<Thing>(&caller, &org("team"), "t1")).unwrap();
    assert_eq!(
        heard(&world),
        "key.created key.created secret.deleted secret.updated thing.created thing.deleted"
    );
    let all = due(&world);
    let made = all.iter().find(|due| due.delivery.body.event == "key.created");
    let delivery = &made.unwrap().delivery;
    let body: serde_json::Value = serde_json::from_str(&delivery.body.body).unwrap();
    assert_eq!(body["event"], "key.created");
    assert_eq!(body["data"]["name"], "SIGNING");
    assert_eq!(body["id"], delivery.key.as_str());
}

#[test]
fn no_delivery_holds_a_value() {
    let world = World::new();
    subscribe(&world, "all", &["*"]);
    world.put("DB_URL", "canary-value");
    let all = due(&world);
    assert_eq!(all.len(), 1);
    assert!(!format!("{all:?}").contains("canary-value"));
    assert!(!format!("{all:?}").contains("signing-secret"));
    assert_eq!(
        signature(&all[0].secret, b"x"),
        signature(&"signing-secret".into(), b"x")
    );
}

#[test]
fn what_did_not_happen_is_told_to_nobody() {
    let world = World::new();
    let (reader, _) = world.key("team", &[Permission::Read]);
    subscribe(&world, "all", &["*"]);
    let put = run(world
        .coffer
        .put_secret(&reader, &secret("A"), "x".into(), PutOptions::default()));
    assert!(put.is_err());
    assert_eq!(heard(&world), "");
}

#[test]
fn a_failed_delivery_comes_back_later_and_one_that_arrived_does_not() {
    let world = World::new();
    subscribe(&world, "all", &["*"]);
    world.put("A", "x");
    let first = due(&world).remove(0);
    let after = run(world.coffer.delivery_failed(&first.delivery, "status 500")).unwrap();
    assert_eq!((after.attempts, heard(&world)), (1, String::new()));
    world.clock.advance(SignedDuration::from_secs(5));
    let second = due(&world).remove(0);
    assert_eq!(
        second.delivery.body.body, first.delivery.body.body,
        "the same body"
    );
    run(world.coffer.delivered(&first.delivery)).unwrap();
    assert_eq!(
        heard(&world),
        "secret.created",
        "an outdated word changes nothing"
    );
    run(world.coffer.delivered(&second.delivery)).unwrap();
    world.clock.advance(SignedDuration::from_hours(1000));
    assert_eq!(heard(&world), "");
}

#[test]
fn a_secret_that_is_erased_is_told_as_one_that_goes_readable_or_not() {
    let world = World::new();
    let caller = Caller::controller();
    for name in ["LIVE", "WHOLE", "DELETED"] {
        world.put(name, "x");
    }
    run(world.coffer.delete_latest(&caller, &secret("DELETED"))).unwrap();
    subscribe(&world, "all", &["secret.deleted"]);
    assert_eq!(
        run(world.coffer.erase_secret(&caller, &secret("LIVE"))).unwrap(),
        1
    );
    run(world.coffer.remove_secret(&caller, &secret("WHOLE"))).unwrap();
    assert!(run(world.coffer.erase_secret(&caller, &secret("DELETED"))).is_err());
    run(world.coffer.remove_secret(&caller, &secret("DELETED"))).unwrap();
    assert_eq!(heard(&world), "secret.deleted secret.deleted secret.deleted");
}

#[test]
fn one_of_several_takes_a_delivery_and_it_comes_back_if_that_one_says_nothing() {
    let world = World::new();
    subscribe(&world, "all", &["*"]);
    world.put("A", "x");
    let (one, other) = (due(&world).remove(0), due(&world).remove(0));
    let take = |due: Due| run(world.coffer.take_delivery(due)).unwrap();
    let taken = take(one).unwrap();
    assert!(take(other).is_none(), "it is taken");
    assert_eq!(heard(&world), "", "and not due");
    world.clock.advance(TAKEN_FOR);
    let again = due(&world).remove(0);
    assert_eq!(again.delivery.body.body, taken.delivery.body.body);
    assert_eq!(again.delivery.body.attempts, 0, "nothing is known of an attempt");
    let again = take(again).unwrap();
    // Who took it before comes too late to tell of it.
    run(world.coffer.delivery_failed(&taken.delivery, "status 500")).unwrap();
    run(world.coffer.delivered(&again.delivery)).unwrap();
    world.clock.advance(SignedDuration::from_hours(1000));
    assert_eq!(heard(&world), "");
}

#[test]
fn a_delivery_that_is_given_up_is_shown_for_a_while_and_then_swept() {
    let world = World::new();
    subscribe(&world, "all", &["*"]);
    world.put("A", "x");
    while let Some(next) = due(&world).pop() {
        let after = run(world.coffer.delivery_failed(&next.delivery, "no connection")).unwrap();
        world.clock.advance(SignedDuration::from_hours(12));
        if after.next_at.is_none() {
            break;
        }
    }
    let kept = |world: &World| {
        let page = coffer_domain::usecase::documents::DocumentPage {
            group: Some("all"),
            ..Default::default()
        };
        let caller = Caller::controller();
        run(world
            .coffer
            .list_documents::<Delivery>(&caller, &org("team"), page))
        .unwrap()
        .1
    };
    assert_eq!((heard(&world).as_str(), kept(&world)), ("", 1));
    world.clock.advance(SignedDuration::from_hours(7 * 24));
    run(world.coffer.sweep_records()).unwrap();
    assert_eq!(kept(&world), 0);
}

#[test]
fn a_subscription_that_is_gone_or_silent_gets_nothing_of_what_waits() {
    let world = World::new();
    let (caller, team) = (Caller::controller(), org("team"));
    subscribe(&world, "gone", &["*"]);
    subscribe(&world, "silent", &["*"]);
    world.put("A", "x");
    assert_eq!(due(&world).len(), 2);
    run(world.coffer.drop_document::<Subscription>(&caller, &team, "gone")).unwrap();
    let silence = |old: Subscription| Ok(Subscription { active: false, ..old });
    run(world.coffer.update_document(&caller, &team, "silent", silence)).unwrap();
    assert_eq!(heard(&world), "");
    world.put("A", "y");
    assert_eq!(heard(&world), "");
}

#[test]
fn an_account_hears_of_its_projects() {
    let world = World::new();
    let caller = Caller::controller();
    subscribe(&world, "all", &["vault.*"]);
    let label = Label::new("pay").unwrap();
    let project = run(world.coffer.create_project(&caller, &org("team"), &label)).unwrap();
    let settings = VaultSettings {
        environments: vec![],
        access: vec![],
        owner: None,
    };
    run(world
        .coffer
        .create_vault(&caller, &project.name, &vault("v"), settings.clone()))
    .unwrap();
    assert_eq!(heard(&world), "vault.created");
    run(world.coffer.ensure_organization(&caller, &org("other"))).unwrap();
    run(world
        .coffer
        .create_vault(&caller, &org("other"), &vault("v"), settings))
    .unwrap();
    assert_eq!(heard(&world), "vault.created", "and of nobody else's");
}
