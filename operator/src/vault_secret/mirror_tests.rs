use serde_json::{Value, json};

use super::*;

fn sync(value: Value) -> Sync {
    serde_json::from_value(value).unwrap()
}

fn states(entries: &[(&str, Option<u64>)]) -> Vec<KeyState> {
    let state = |(name, version): &(&str, Option<u64>)| KeyState {
        name: name.parse().unwrap(),
        version: version.and_then(Version::new),
        changed_at: None,
        env_file_unfit: None,
    };
    entries.iter().map(state).collect()
}

fn revision(value: Value, entries: &[(&str, Option<u64>)]) -> String {
    Layout::new(&sync(value), &states(entries)).unwrap().revision()
}

#[test]
fn the_revision_changes_with_all_that_the_content_depends_on_and_nothing_else() {
    let base = json!({"secretName": "mirror"});
    let one = revision(base.clone(), &[("A", Some(1)), ("B", Some(2))]);
    assert_eq!(one, revision(base.clone(), &[("B", Some(2)), ("A", Some(1))]));
    let templated = json!({"secretName": "mirror", "template": {"x": "{{ A }}"}});
    let typed = json!({"secretName": "mirror", "type": "kubernetes.io/basic-auth"});
    let others = [
        revision(base.clone(), &[("A", Some(2)), ("B", Some(1))]),
        revision(base, &[("A", Some(1))]),
        revision(templated, &[("A", Some(1)), ("B", Some(2))]),
        revision(typed, &[("A", Some(1)), ("B", Some(2))]),
    ];
    assert!(others.iter().all(|other| *other != one), "{one} {others:?}");
}

#[test]
fn without_a_template_each_value_has_its_own_name() {
    let sync = sync(json!({"secretName": "mirror"}));
    let layout = Layout::new(&sync, &states(&[("A", Some(1)), ("K.pub", Some(1))])).unwrap();
    assert_eq!(layout.keys(), ["A", "K.pub"]);
}

#[test]
fn templates_are_read_before_anything_is_done() {
    let template = |text: &str| json!({"secretName": "mirror", "template": {"url": text}});
    for (text, words) in [
        (
            "{{ PASWORD }}",
            "sync.template.url: data has no entry PASWORD; did you mean PASSWORD?",
        ),
        ("{{ PASSWORD", "sync.template.url: line 1: "),
    ] {
        let sync = sync(template(text));
        let problem = Layout::new(&sync, &states(&[("PASSWORD", Some(1))]))
            .err()
            .unwrap();
        assert_eq!(problem.reason, reason::TEMPLATE_FAILED);
        assert!(problem.message.starts_with(words), "{}", problem.message);
    }
}

#[test]
fn a_template_that_fails_names_no_value() {
    let sync = sync(json!({"secretName": "mirror", "template": {"x": "{{ A | base64decode }}"}}));
    let layout = Layout::new(&sync, &states(&[("A", Some(1))])).unwrap();
    let values = BTreeMap::from([("A".to_owned(), SecretValue::from("hunter2 is no base64"))]);
    let problem = layout.render(&values).unwrap_err();
    assert!(!problem.message.contains("hunter2"), "{}", problem.message);
}

#[test]
fn nothing_is_mirrored_before_everything_is_there() {
    let sync = sync(json!({"secretName": "mirror"}));
    let problem = Layout::new(&sync, &states(&[("A", Some(1)), ("B", None)]))
        .err()
        .unwrap();
    assert_eq!(
        (problem.reason, problem.message.as_str()),
        (reason::AWAITING_VALUE, "Secret mirror waits for values of B")
    );
}
