//! Before there is a pod: what would become of it.

use super::*;
use crate::command::explain::report::Kind;

#[test]
fn what_is_there_is_told_with_its_grant_and_versions() {
    let mut world = world();
    let before = world.template();
    assert_eq!(
        (before.state, before.exists),
        (State::Present, false),
        "{before:#?}"
    );
    world.inject();
    let report = world.live();
    assert_eq!(
        (report.state, report.exists),
        (State::Present, true),
        "{report:#?}"
    );
    assert_eq!(report.vault.as_deref(), Some("shop/app"));
    assert_eq!(report.containers, ["web"]);
    let url = &item(&report, "DATABASE_URL").sources[0];
    assert_eq!((url.held, url.current), (Some(2), Some(2)));
    assert_eq!(url.changed.as_deref(), Some("2026-01-02T00:00:00Z"));
    let grant = url.grant.as_ref().unwrap();
    assert_eq!((grant.access, grant.service_account.as_str()), (1, "web"));
    assert_eq!(item(&report, FILE).kind, Kind::File);
    assert!(report.reasons.is_empty() && report.not_read.is_empty());
}

/// A change to the world, the item it is about, and what is told of it before there is a pod.
type Fault = (fn(&mut World), &'static str, State, Code, &'static [&'static str]);

const FAULTS: &[Fault] = &[
    (
        |it| it.annotate("env", "X=DATABSE_URL"),
        "X",
        State::Missing,
        Code::NoKey,
        &["DATABSE_URL", "did you mean DATABASE_URL?"],
    ),
    (
        |it| it.annotate("env", "X=DATABASE_SOMETHING_ELSE"),
        "X",
        State::Unknown,
        Code::NoKey,
        &["written through an API"],
    ),
    (
        |it| it.annotate("env", "X=ADMIN_TOKEN"),
        "X",
        State::Missing,
        Code::NoGrant,
        &[
            "service account web",
            "spec.access[1] lets it read DATABASE_*",
            "{serviceAccounts: [web], keys: [ADMIN_TOKEN]}",
        ],
    ),
    (
        |it| it.annotate("env", "X=LATER"),
        "X",
        State::Missing,
        Code::NoValue,
        &["VaultSecret web", "AwaitingValue", "LATER: write it"],
    ),
    (
        |it| it.pod["spec"]["serviceAccountName"] = json!("wbe"),
        "DATABASE_URL",
        State::Missing,
        Code::NoGrant,
        &["service account wbe", "spec.access has web, did you mean that?"],
    ),
    (
        |it| it.annotate("vault", "ap"),
        "DATABASE_URL",
        State::Missing,
        Code::NoVault,
        &["no Vault ap", "did you mean app?"],
    ),
    (
        |it| it.annotate("environment", "prodution"),
        "DATABASE_URL",
        State::Missing,
        Code::NoEnvironment,
        &["did you mean production?"],
    ),
    (
        |it| it.annotate("environment", "production"),
        "DATABASE_URL",
        State::Missing,
        Code::NoKey,
        &["in production", "environment default has one of this name"],
    ),
    (
        |it| {
            it.secrets[0]["status"]["conditions"][0]["type"] = json!("EnvFileCompatible");
            it.secrets[0]["status"]["conditions"][0]["message"] =
                json!("an env file cannot carry DATABASE_URL: it has a single quote; read it from a file");
        },
        "DATABASE_URL",
        State::Missing,
        Code::DoesNotFit,
        &["single quote", "read it from a file"],
    ),
    (
        |it| it.secrets[0]["status"] = Value::Null,
        "DATABASE_URL",
        State::Missing,
        Code::NoValue,
        &["no operator has looked at it yet"],
    ),
];

#[test]
fn each_fault_is_told_of_its_item_before_there_is_a_pod() {
    for (change, name, state, code, words) in FAULTS {
        let mut world = world();
        change(&mut world);
        let report = world.template();
        let found = item(&report, name);
        assert_eq!(found.state, *state, "{found:#?}");
        says(&found.reasons, *code, words);
        assert_eq!(report.state, *state);
    }
}

#[test]
fn one_item_that_is_not_there_holds_up_the_others() {
    let mut world = world();
    world.annotate("env", "X=DATABSE_URL");
    let report = world.template();
    let file = item(&report, FILE);
    assert_eq!(file.state, State::Waiting);
    says(
        &file.reasons,
        Code::WaitsForOthers,
        &["all or nothing", "DATABSE_URL"],
    );
}

/// What keeps everything away from a pod that would be made.
type Refusal = (fn(&mut World), Code, &'static [&'static str]);

const REFUSALS: &[Refusal] = &[
    (
        |it| {
            let annotations = it.pod["metadata"]["annotations"].as_object_mut();
            annotations.unwrap().remove("coffer.dev/inject");
        },
        Code::NotOptedIn,
        &["coffer.dev/inject", "no effect"],
    ),
    (
        |it| it.annotate("inject", "false"),
        Code::NotOptedIn,
        &["\"false\""],
    ),
    (
        |it| it.pod["metadata"]["annotations"] = json!({}),
        Code::NotOptedIn,
        &["spec.template.metadata"],
    ),
    (|it| it.annotate("inject", "yes"), Code::Refused, &["neither"]),
    (
        |it| it.annotate("evn", "A"),
        Code::Refused,
        &["did you mean \"env\"?"],
    ),
    (
        |it| it.annotate("containers", "wbe"),
        Code::Refused,
        &["did you mean \"web\"?"],
    ),
    (
        |it| it.annotate("file.tls", "{key: TLS_KEY, template: x}"),
        Code::Refused,
        &["key or template"],
    ),
    (
        |it| it.webhook["namespaceSelector"] = json!({"matchLabels": {"secrets": "on"}}),
        Code::NamespaceNotSelected,
        &["secrets=on"],
    ),
    (|it| it.webhook = Value::Null, Code::NoInjector, &["chart"]),
    (
        |it| it.webhook["clientConfig"] = json!({}),
        Code::NoInjector,
        &["no injector has run"],
    ),
];

#[test]
fn what_keeps_everything_away_is_told_once() {
    for (change, code, words) in REFUSALS {
        let mut world = world();
        change(&mut world);
        let report = world.template();
        assert_eq!(report.state, State::Missing, "{code:?}");
        says(&report.reasons, *code, words);
        let is_missing = |item: &Item| item.state == State::Missing;
        assert!(report.items.iter().all(is_missing), "{:#?}", report.items);
    }
}
