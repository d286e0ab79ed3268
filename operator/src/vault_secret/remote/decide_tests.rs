use std::sync::Arc;

use coffer_domain::{canonical_uri::Reading, provider::Line};
use serde_json::json;

use super::*;
use crate::problem::Temper;

const APP: &str = "openbao+kv2://secret/app#token";

fn uri(text: &str) -> CanonicalUri {
    CanonicalUri::parse(text, Reading::Strict).unwrap()
}

fn line(number: u64, state: VersionState) -> Line {
    Line {
        version: Version::new(number).unwrap(),
        state,
        created_at: format!("2026-01-{number:02}T00:00:00.123456789Z")
            .parse()
            .unwrap(),
        deleted_at: None,
    }
}

fn facts(lines: &[(u64, VersionState)]) -> Facts {
    Facts {
        current: lines.last().and_then(|(number, _)| Version::new(*number)),
        lines: lines
            .iter()
            .map(|(number, state)| line(*number, *state))
            .collect(),
    }
}

fn view(lines: &[(u64, VersionState)], fault: Option<Fault>) -> View {
    View {
        facts: Some(Arc::new(facts(lines))),
        fault,
    }
}

fn held(uri: &str, number: u64) -> RemoteVersion {
    RemoteVersion::new(uri.to_owned(), number, line(number, Live).created_at)
}

/// In a word, for tables.
fn shown(look: &Look) -> String {
    match look {
        Look::Unknown => "unknown".to_owned(),
        Look::Same => "same".to_owned(),
        Look::Lacks(version, _) => format!("lacks {version}"),
        Look::Trouble(trouble) => trouble.reason.to_owned(),
    }
}

use VersionState::{Deleted, Destroyed, Live};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn an_entry_lacks_what_it_does_not_hold_and_the_server_has() {
    let pinned = "openbao+kv2://secret/app#token?version=1";
    let two = [(1, Live), (2, Live)];
    for (text, view, held, expected) in [
        (APP, View::default(), None, "unknown"),
        (APP, View::default(), Some(held(APP, 1)), "unknown"),
        (APP, view(&two, None), None, "lacks 2"),
        (APP, view(&two, None), Some(held(APP, 1)), "lacks 2"),
        (APP, view(&two, None), Some(held(APP, 2)), "same"),
        (
            APP,
            view(&two, None),
            Some(held("openbao+kv2://secret/app#other", 2)),
            "lacks 2",
        ),
        // Erased there, and written anew under the same number.
        (
            APP,
            view(&[(1, Live)], None),
            Some(RemoteVersion::new(APP.to_owned(), 1, line(9, Live).created_at)),
            "lacks 1",
        ),
        (pinned, view(&two, None), None, "lacks 1"),
        (pinned, view(&two, None), Some(held(pinned, 1)), "same"),
        (
            pinned,
            view(&[(2, Live), (3, Live)], None),
            None,
            "RemoteNotFound",
        ),
        (
            pinned,
            view(&[(1, Destroyed), (2, Live)], None),
            None,
            "RemoteDeleted",
        ),
        (
            APP,
            view(&[(1, Live), (2, Deleted)], None),
            Some(held(APP, 1)),
            "RemoteDeleted",
        ),
        (APP, view(&[], None), None, "RemoteNotFound"),
        (
            APP,
            view(&two, Some(Fault::Sealed)),
            Some(held(APP, 2)),
            "RemoteUnavailable",
        ),
        (APP, view(&two, Some(Fault::Sealed)), None, "lacks 2"),
        (
            APP,
            view(&two, Some(Fault::Missing)),
            Some(held(APP, 2)),
            "RemoteNotFound",
        ),
        (
            APP,
            view(&two, Some(Fault::Refused)),
            Some(held(APP, 2)),
            "RemoteForbidden",
        ),
    ] {
        let found = look(&uri(text), &view, held.as_ref());
        assert_eq!(shown(&found), expected, "{text} {view:?} {held:?}");
    }
}

fn entry(text: &str, map: Value) -> Entry {
    let uri = uri(text);
    let look = look(&uri, &view(&[(1, Live)], None), None);
    settle(&uri, look, Some(&Ok(SecretJson::new(map))), None)
}

fn copied(text: &str, map: Value) -> Vec<u8> {
    let (value, there) = entry(text, map).copy.unwrap();
    assert_eq!((there.uri.as_str(), there.version), (text, 1));
    value.reveal().to_vec()
}

#[test]
fn a_key_is_its_text_and_anything_else_is_json() {
    let map = || json!({"token": "x\ny", "port": 5432, "b/c": "slash", "list": ["a"]});
    assert_eq!(copied(APP, map()), b"x\ny");
    assert_eq!(copied("openbao+kv2://secret/app#port", map()), b"5432");
    assert_eq!(copied("openbao+kv2://secret/app#b/c", map()), b"slash");
    assert_eq!(copied("openbao+kv2://secret/app#list", map()), br#"["a"]"#);
    let whole: Value = serde_json::from_slice(&copied("hashicorp+kv2://secret/app", map())).unwrap();
    assert_eq!(whole, map());
}

#[test]
fn a_value_that_cannot_be_taken_is_told_without_it() {
    let missing = entry(APP, json!({"tokn": "hunter2"}));
    let Standing::Trouble(trouble) = &missing.standing else {
        panic!("{missing:?}");
    };
    assert_eq!(trouble.reason, reason::REMOTE_KEY_NOT_FOUND);
    assert!(
        trouble.words.ends_with("no key token; did you mean tokn?"),
        "{}",
        trouble.words
    );
    let large = entry(APP, json!({"token": "x".repeat(MAX_BYTES + 1)}));
    assert!(matches!(&large.standing, Standing::Trouble(it) if it.reason == reason::VALUE_TOO_LARGE));
    assert!(missing.copy.is_none() && large.copy.is_none());
}

#[test]
fn a_last_good_value_keeps_an_object_ready_and_a_refusal_never_does() {
    let settled = |fault: Option<Fault>, held: Option<RemoteVersion>| {
        let uri = uri(APP);
        let look = look(&uri, &view(&[(2, Live)], fault), held.as_ref());
        settle(&uri, look, fault.map(Err).as_ref(), held)
    };
    let temper = |entry: &Entry| entry.problem("TOKEN").map(|problem| problem.temper);
    let good = || Some(held(APP, 1));
    for (fault, without) in [
        (None, Temper::Waiting),
        (Some(Fault::Sealed), Temper::Transient),
        (Some(Fault::Down), Temper::Transient),
        (Some(Fault::Refused), Temper::Waiting),
        (Some(Fault::Missing), Temper::Waiting),
    ] {
        assert_eq!(temper(&settled(fault, good())), None, "{fault:?}");
        assert_eq!(temper(&settled(fault, None)), Some(without), "{fault:?}");
        let others = Some(held("openbao+kv2://secret/other#token", 1));
        assert_eq!(
            temper(&settled(fault, others)),
            Some(without),
            "another URI's value is not good"
        );
    }
    let refused = Entry::refused(Trouble::refusal(reason::REMOTE_NOT_ALLOWED, "no"), good());
    assert_eq!(temper(&refused), Some(Temper::Stalled));
    assert_eq!(refused.record(), good(), "the value is still from there");
}
