use coffer_domain::{
    Error,
    api_key::{ApiToken, TokenForm},
    port::Clock,
    record::{Collection, Document},
    rights::Permission,
    usecase::{Caller, documents::DocumentPage},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
    ends: Option<Timestamp>,
}

impl Document for Note {
    const COLLECTION: Collection = Collection::new("notes");
    const NOUN: &'static str = "note";

    fn expires_at(&self) -> Option<Timestamp> {
        self.ends
    }
}

fn note(text: &str) -> Note {
    Note {
        text: text.into(),
        ends: None,
    }
}

#[test]
fn a_document_is_made_changed_and_deleted() {
    let world = World::new();
    let (caller, _) = world.key("team", &[Permission::List, Permission::Write]);
    let team = org("team");
    let made = run(world.coffer.create_document(&caller, &team, "a", &note("one"))).unwrap();
    assert_eq!((made.revision, made.body.text.as_str()), (1, "one"));
    let twice = run(world.coffer.create_document(&caller, &team, "a", &note("two")));
    assert!(matches!(twice, Err(Error::AlreadyExists { what: "note", .. })));
    let change = |old: Note| Ok(note(&format!("{} more", old.text)));
    let changed = run(world.coffer.update_document::<Note>(&caller, &team, "a", change)).unwrap();
    assert_eq!((changed.revision, changed.body.text.as_str()), (2, "one more"));
    let found = run(world.coffer.get_document::<Note>(&caller, &team, "a")).unwrap();
    assert_eq!(found, changed);
    assert_eq!(world.last_event(world.team.id).action, "note.read");
    run(world.coffer.drop_document::<Note>(&caller, &team, "a")).unwrap();
    let event = world.last_event(world.team.id);
    assert_eq!(
        (event.action.as_str(), event.target.as_str()),
        ("note.delete", "note:a")
    );
    let gone = run(world.coffer.get_document::<Note>(&caller, &team, "a"));
    assert!(matches!(gone, Err(Error::NotFound { what: "note", .. })));
}

#[test]
fn documents_come_in_pages_with_their_number() {
    let world = World::new();
    let caller = Caller::controller();
    for n in 0..7 {
        let key = format!("k{n}");
        run(world
            .coffer
            .create_document(&caller, &org("team"), &key, &note(&key)))
        .unwrap();
    }
    let page = |skip, descending| {
        let page = DocumentPage {
            skip,
            limit: 3,
            descending,
            ..DocumentPage::default()
        };
        let (found, total) = run(world.coffer.list_documents::<Note>(&caller, &org("team"), page)).unwrap();
        let keys: Vec<_> = found.into_iter().map(|kept| kept.key).collect();
        (keys.join(" "), total)
    };
    assert_eq!(page(0, false), ("k0 k1 k2".into(), 7));
    assert_eq!(page(6, false), ("k6".into(), 7));
    assert_eq!(page(1, true), ("k5 k4 k3".into(), 7));
    assert_eq!(page(9, true), (String::new(), 7));
}

#[test]
fn an_expired_document_is_absent_before_it_is_swept_and_after() {
    let world = World::new();
    let (caller, team) = (Caller::controller(), org("team"));
    let ends = world.clock.now() + SignedDuration::from_secs(60);
    let short = Note {
        ends: Some(ends),
        ..note("short")
    };
    run(world.coffer.create_document(&caller, &team, "a", &short)).unwrap();
    run(world.coffer.get_document::<Note>(&caller, &team, "a")).unwrap();
    world.clock.advance(SignedDuration::from_secs(60));
    let gone = || {
        let one = run(world.coffer.get_document::<Note>(&caller, &team, "a"));
        let page = DocumentPage::default();
        let (all, total) = run(world.coffer.list_documents::<Note>(&caller, &team, page)).unwrap();
        matches!(one, Err(Error::NotFound { .. })) && all.is_empty() && total == 0
    };
    assert!(gone());
    run(world.coffer.sweep_records()).unwrap();
    assert!(gone());
    run(world.coffer.create_document(&caller, &team, "a", &short)).unwrap();
    world.clock.advance(SignedDuration::from_secs(60));
    let again = run(world.coffer.create_document(&caller, &team, "a", &note("long"))).unwrap();
    assert_eq!(again.body.text, "long", "what expired is not in the way");
}

#[test]
fn a_document_takes_its_own_permissions_and_another_tenant_sees_none() {
    let world = World::new();
    let team = org("team");
    run(world
        .coffer
        .create_document(&Caller::controller(), &team, "a", &note("x")))
    .unwrap();
    let (reader, _) = world.key("team", &[Permission::List]);
    run(world.coffer.get_document::<Note>(&reader, &team, "a")).unwrap();
    let refused = run(world.coffer.drop_document::<Note>(&reader, &team, "a"));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let (stranger, _) = world.key("other", &Permission::ALL);
    let hidden = run(world.coffer.get_document::<Note>(&stranger, &team, "a"));
    assert!(matches!(
        hidden,
        Err(Error::NotFound {
            what: "organization",
            ..
        })
    ));
}

#[test]
fn a_token_finds_its_document_however_often_that_changes() {
    let world = World::new();
    let (caller, team) = (Caller::controller(), org("team"));
    let form = TokenForm::Dialect {
        prefix: "dev_",
        random: 40,
        shown: 0,
    };
    let (token, _) = ApiToken::of_form(form, world.coffer.entropy());
    let body = note("code");
    run(world
        .coffer
        .create_document_for(&caller, &team, "a", &body, Some(&token)))
    .unwrap();
    let token = text(token.secret());
    let find = |token: &str| run(world.coffer.document_of_token::<Note>(token)).unwrap();
    assert_eq!(find(&token).unwrap().body, body);
    let ends = Some(world.clock.now() + SignedDuration::from_secs(9));
    let change = |old: Note| Ok(Note { ends, ..old });
    run(world.coffer.update_document::<Note>(&caller, &team, "a", change)).unwrap();
    assert_eq!(find(&token).unwrap().revision, 2);
    assert!(find("dev_0123456789012345678901234567890123456789").is_none());
    assert!(find("short").is_none());
    world.clock.advance(SignedDuration::from_secs(9));
    assert!(find(&token).is_none());
}
