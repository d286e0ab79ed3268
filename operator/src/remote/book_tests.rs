use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, Reading},
};
use serde_json::json;

use super::*;
use crate::remote::Facts;

const MINUTE: Duration = Duration::from_mins(1);

fn key(path: &str, version: Option<u64>) -> Key {
    let uri = CanonicalUri::parse(&format!("openbao+kv2://{path}"), Reading::Strict).unwrap();
    Key {
        path: uri.path,
        version: version.and_then(Version::new),
    }
}

fn user(name: &str) -> User {
    User {
        uid: name.to_owned(),
        object: ObjectRef::new(name).within("team"),
    }
}

fn facts(current: u64) -> Landed {
    Landed::Facts(Facts {
        current: Version::new(current),
        lines: Vec::new(),
    })
}

fn names(wake: &[ObjectRef<VaultSecret>]) -> Vec<&str> {
    let mut names: Vec<&str> = wake.iter().map(|object| object.name.as_str()).collect();
    names.sort_unstable();
    names
}

struct Desk {
    book: Book,
    now: Instant,
}

impl Desk {
    fn new() -> Self {
        Self {
            book: Book::default(),
            now: Instant::now(),
        }
    }

    fn watch(&mut self, name: &str, paths: &[&str], every: Duration) {
        let wanted = paths.iter().map(|path| (key(path, None), every)).collect();
        self.book.enlist(self.now, &user(name), &wanted, true);
    }

    fn lack(&mut self, name: &str, versions: &[(&str, u64)]) {
        let wanted = versions
            .iter()
            .map(|(path, version)| (key(path, Some(*version)), MINUTE));
        self.book.enlist(self.now, &user(name), &wanted.collect(), false);
    }

    fn requests(&mut self) -> Vec<Key> {
        self.book.turn(self.now).requests
    }

    fn land(&mut self, path: &str, landed: Result<Landed, Fault>) -> Vec<String> {
        let wake = self.book.landed(self.now, &key(path, None), landed);
        names(&wake).into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn all_who_name_a_path_share_one_request_as_often_as_the_most_eager_asks() {
    let mut desk = Desk::new();
    desk.watch("a", &["secret/x"], MINUTE);
    desk.watch("b", &["secret/x"], MINUTE / 6);
    desk.watch("c", &["secret/x", "secret/y"], 10 * MINUTE);
    assert_eq!(desk.requests(), [key("secret/x", None), key("secret/y", None)]);
    assert!(desk.requests().is_empty(), "they are under way");
    assert_eq!(desk.land("secret/x", Ok(facts(1))), ["a", "b", "c"]);
    assert_eq!(desk.land("secret/y", Ok(facts(1))), ["c"]);
    desk.now += Duration::from_millis(9_999);
    assert!(desk.requests().is_empty());
    desk.now += MINUTE / 6 / 10 + Duration::from_millis(1);
    assert_eq!(desk.requests(), [key("secret/x", None)]);
    assert!(desk.land("secret/x", Ok(facts(1))).is_empty(), "nothing is new");
    desk.now += MINUTE;
    assert_eq!(desk.requests(), [key("secret/x", None)]);
    assert_eq!(desk.land("secret/x", Ok(facts(2))), ["a", "b", "c"]);
}

#[test]
fn a_value_is_read_once_for_all_who_lack_it_and_kept_no_longer_than_they_do() {
    let mut desk = Desk::new();
    let version = key("secret/x", Some(3));
    desk.lack("a", &[("secret/x", 3)]);
    desk.lack("b", &[("secret/x", 3)]);
    assert_eq!(desk.requests(), std::slice::from_ref(&version));
    assert!(desk.book.value(&version).is_none());
    let map = SecretJson::new(json!({"token": "x"}));
    let wake = desk
        .book
        .landed(desk.now, &version, Ok(Landed::Value(map.clone())));
    assert_eq!(names(&wake), ["a", "b"]);
    assert_eq!(desk.book.value(&version), Some(Ok(map)));
    desk.lack("a", &[]);
    assert!(desk.book.value(&version).is_some(), "b still lacks it");
    desk.now += 60 * MINUTE;
    assert!(desk.requests().is_empty(), "a version never changes");
    desk.book.forget("b");
    assert!(desk.book.value(&version).is_none());
    assert!(desk.book.tasks.is_empty() && desk.book.users.is_empty() && desk.book.queue.is_empty());
}

#[test]
fn what_nobody_names_any_more_is_not_asked_for() {
    let mut desk = Desk::new();
    desk.watch("a", &["secret/x", "secret/y"], MINUTE);
    desk.lack("a", &[("secret/x", 1)]);
    desk.watch("a", &["secret/y"], MINUTE);
    assert_eq!(desk.requests(), [key("secret/x", Some(1)), key("secret/y", None)]);
    desk.book.forget("a");
    assert!(desk.land("secret/y", Ok(facts(1))).is_empty());
    desk.now += 60 * MINUTE;
    let turn = desk.book.turn(desk.now);
    assert!(turn.requests.is_empty() && turn.next.is_none());
}

#[test]
fn few_requests_are_under_way_at_a_time() {
    let mut desk = Desk::new();
    let paths: Vec<String> = (0..100).map(|number| format!("secret/{number:03}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    desk.watch("a", &paths, MINUTE);
    assert_eq!(desk.requests().len(), MOST);
    desk.land("secret/000", Ok(facts(1)));
    assert_eq!(desk.requests(), [key("secret/008", None)]);
}

#[test]
fn a_server_that_serves_nobody_is_asked_once_in_a_while_and_all_hear_of_it() {
    let mut desk = Desk::new();
    desk.watch("a", &["secret/x"], MINUTE);
    desk.watch("b", &["secret/y"], MINUTE);
    desk.requests();
    desk.land("secret/x", Ok(facts(1)));
    desk.land("secret/y", Ok(facts(1)));
    desk.now += 2 * MINUTE;
    assert_eq!(desk.requests().len(), 2);
    assert_eq!(desk.land("secret/x", Err(Fault::Sealed)), ["a"]);
    assert_eq!(desk.land("secret/y", Err(Fault::Sealed)), ["b"]);
    let mut asked = 0;
    for _ in 0..3600 {
        desk.now += Duration::from_secs(1);
        for request in desk.requests() {
            asked += 1;
            let woken = desk.book.landed(desk.now, &request, Err(Fault::Sealed));
            assert!(woken.is_empty(), "that is no news");
        }
    }
    assert!((60..=66).contains(&asked), "in an hour: {asked}");
    assert!(
        desk.book.view(&key("secret/x", None)).facts.is_some(),
        "what was known stays"
    );
    desk.now += MINUTE;
    let probe = desk.requests();
    assert_eq!(probe.len(), 1);
    let woken = desk.book.landed(desk.now, &probe[0], Ok(facts(1)));
    assert_eq!(woken.len(), 1);
    desk.now += SPREAD;
    let other = desk.requests();
    assert_eq!(other.len(), 1, "the other does not wait for its time");
    assert_eq!(desk.book.landed(desk.now, &other[0], Ok(facts(1))).len(), 1);
}

#[test]
fn a_path_that_comes_due_while_the_server_rests_hears_of_it_without_a_request() {
    let mut desk = Desk::new();
    desk.watch("a", &["secret/x"], MINUTE);
    desk.requests();
    desk.land("secret/x", Err(Fault::Down));
    desk.watch("b", &["secret/y"], MINUTE);
    let turn = desk.book.turn(desk.now);
    assert!(turn.requests.is_empty());
    assert_eq!(names(&turn.wake), ["b"]);
    assert_eq!(desk.book.view(&key("secret/y", None)).fault, Some(Fault::Down));
}

#[test]
fn a_path_of_its_own_trouble_holds_nobody_else_up_and_is_asked_ever_less() {
    let mut desk = Desk::new();
    desk.watch("a", &["secret/x"], MINUTE / 12);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let before = desk.now;
        while desk.requests().is_empty() {
            desk.now += Duration::from_secs(1);
        }
        waits.push(desk.now.duration_since(before).as_secs());
        desk.land("secret/x", Err(Fault::Refused));
    }
    assert!(
        waits[..7].is_sorted() && waits[1] <= 6 && waits[8] >= 300,
        "{waits:?}"
    );
    desk.watch("b", &["secret/y"], MINUTE);
    assert_eq!(desk.requests(), [key("secret/y", None)]);
    desk.watch("c", &["secret/z"], MINUTE / 12);
    desk.requests();
    desk.land("secret/z", Err(Fault::Missing));
    desk.now += Duration::from_secs(6);
    assert!(
        desk.requests().contains(&key("secret/z", None)),
        "what is not there may come at any time"
    );
}
