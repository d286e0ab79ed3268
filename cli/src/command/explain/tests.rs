//! Tables: one world, changed in one respect, and what is told of it.

use coffer_injector::{decide::decide, known::Index, view::Pod};
use serde_json::{Value, json};

use super::{
    super::injection,
    decide::explain,
    facts::{Facts, Line, Subject},
    report::{Code, Item, Kind, Report, State},
};

/// All that can be changed.
#[derive(Clone)]
struct World {
    vaults: Value,
    secrets: Value,
    pod: Value,
    status: Value,
    events: Value,
    webhook: Value,
    ledger: Option<Vec<Line>>,
}

/// A key of a `VaultSecret`'s status.
fn key(name: &str, version: u64) -> Value {
    json!({"name": name, "version": version, "changed": "2026-01-02T00:00:00Z"})
}

/// Vault `app` of namespace `shop` lets `web` read `DATABASE_*` and `TLS_KEY`; `ADMIN_TOKEN` is nobody's, `LATER` has no
/// value. The pod asks for a variable, a renamed one and a file.
fn world() -> World {
    let ready = |status: &str| {
        json!([{"type": "Ready", "status": status, "reason": "AwaitingValue", "message": "LATER: write it",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}])
    };
    World {
        vaults: json!([{
            "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault", "metadata": {"namespace": "shop", "name": "app"},
            "spec": {"environments": ["default", "production"], "access": [
                {"serviceAccounts": ["batch"]},
                {"serviceAccounts": ["web"], "keys": ["DATABASE_*", "TLS_KEY", "LATER"]},
            ]},
        }]),
        secrets: json!([{
            "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret", "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"vaultRef": {"name": "app"}, "data": {
                "DATABASE_URL": {"external": {}}, "TLS_KEY": {"external": {}}, "ADMIN_TOKEN": {"external": {}},
                "LATER": {"external": {}},
            }},
            "status": {
                "keys": [key("DATABASE_URL", 2), key("TLS_KEY", 1), key("ADMIN_TOKEN", 1), {"name": "LATER"}],
                "conditions": ready("False"),
                "consumers": {"total": 1, "current": 1, "lagging": 0, "summary": "1/1"},
            },
        }]),
        pod: json!({
            "metadata": {"namespace": "shop", "name": "web-1", "uid": "u1", "annotations": {
                "coffer.dev/inject": "true", "coffer.dev/vault": "app", "coffer.dev/env": "DATABASE_URL",
                "coffer.dev/file.tls": "{key: TLS_KEY, path: /etc/web/tls.key}",
            }},
            "spec": {"serviceAccountName": "web", "containers": [{"name": "web", "image": "web:1"}]},
        }),
        status: json!({
            "phase": "Running",
            "initContainerStatuses": [{"name": "coffer-agent", "started": true}],
            "containerStatuses": [{"name": "web", "started": true, "state": {"running": {"startedAt": "2026-01-03T00:00:00Z"}}}],
        }),
        events: json!([]),
        webhook: json!({"name": "pods.coffer.dev", "clientConfig": {"caBundle": "QQ=="}}),
        ledger: None,
    }
}

impl World {
    fn facts(&self) -> Facts {
        Facts {
            vaults: Ok(serde_json::from_value(self.vaults.clone()).unwrap()),
            secrets: Ok(serde_json::from_value(self.secrets.clone()).unwrap()),
            namespace: Ok(Default::default()),
            webhook: Ok(Some(self.webhook.clone()).filter(|it| !it.is_null())),
            events: Ok(self.events.as_array().unwrap().clone()),
            ledger: self.ledger.clone().map(Ok),
        }
    }

    fn annotate(&mut self, key: &str, value: &str) {
        self.pod["metadata"]["annotations"][format!("coffer.dev/{key}")] = json!(value);
    }

    /// The pod as the injector makes it.
    fn inject(&mut self) {
        let index: Index = self.facts().index();
        let text = self.pod.to_string();
        let pod: Pod<'_> = serde_json::from_str(&text).unwrap();
        let settings = injection::settings();
        let injected = decide(&pod, injection::context(&settings, &index, "shop")).unwrap();
        let patch = serde_json::to_value(&injected.patch).unwrap();
        let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
        json_patch::patch(&mut self.pod, &patch).unwrap();
    }

    /// Of a pod that would be made.
    fn template(&self) -> Report {
        let mut object = self.pod.clone();
        object["kind"] = json!("Pod");
        self.explained(object, false)
    }

    /// Of the pod in the cluster.
    fn live(&self) -> Report {
        let mut object = self.pod.clone();
        (object["kind"], object["status"]) = (json!("Pod"), self.status.clone());
        self.explained(object, true)
    }

    fn explained(&self, object: Value, is_live: bool) -> Report {
        let subject = super::gather::subject(object, "shop", is_live).unwrap();
        explain(&subject, &self.facts())
    }
}

fn item<'r>(report: &'r Report, name: &str) -> &'r Item {
    let found = report.items.iter().find(|item| item.name == name);
    found.unwrap_or_else(|| panic!("no {name}: {report:#?}"))
}

/// The first code of a list of reasons, and its message.
#[track_caller]
fn says(reasons: &[super::report::Reason], code: Code, words: &[&str]) {
    let found = reasons.iter().find(|reason| reason.code == code);
    let message = &found
        .unwrap_or_else(|| panic!("no {code:?}: {reasons:?}"))
        .message;
    for word in words {
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
}

const FILE: &str = "/etc/web/tls.key";

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
            drop(
                it.pod["metadata"]["annotations"]
                    .as_object_mut()
                    .unwrap()
                    .remove("coffer.dev/inject"),
            )
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

#[test]
fn a_pod_without_an_agent_has_nothing() {
    let mut world = world();
    let report = world.live();
    assert_eq!(report.state, State::Missing);
    says(&report.reasons, Code::NotInjected, &["no agent"]);
    world.webhook["namespaceSelector"] = json!({"matchLabels": {"secrets": "on"}});
    says(&world.live().reasons, Code::NamespaceNotSelected, &["shop"]);
}

#[test]
fn a_held_pod_says_what_it_waits_for_in_the_servers_words() {
    let mut world = world();
    world.annotate("env", "X=DATABSE_URL");
    world.inject();
    world.status = json!({"phase": "Pending", "initContainerStatuses": [{"name": "coffer-agent", "started": false,
        "state": {"waiting": {"reason": "PodInitializing"}}}]});
    let event = |at: &str, uid: &str, message: &str| {
        json!({"reason": "SecretsRefused", "eventTime": at, "message": message,
        "involvedObject": {"uid": uid}})
    };
    world.events = json!([
        event("2026-01-01T00:00:02Z", "u1", "the newest"),
        event("2026-01-01T00:00:01Z", "u1", "an older one"),
        event("2026-01-01T00:00:03Z", "u2", "another pod's"),
    ]);
    let report = world.live();
    assert_eq!(report.state, State::Missing);
    says(&report.reasons, Code::Held, &["the newest"]);
    says(
        &item(&report, "X").reasons,
        Code::NoKey,
        &["did you mean DATABASE_URL?"],
    );
    let file = item(&report, FILE);
    assert_eq!(file.state, State::Waiting);
    says(&file.reasons, Code::WaitsForOthers, &["DATABSE_URL"]);

    // Mended without a new pod: it still waits for what it was made with.
    world.annotate("env", "X=DATABASE_URL");
    let report = world.live();
    let x = item(&report, "X");
    assert_eq!(x.state, State::Missing);
    says(
        &x.reasons,
        Code::OlderThanAnnotations,
        &[
            "older than its annotations",
            "from DATABSE_URL",
            "did you mean DATABASE_URL?",
        ],
    );
    says(
        &item(&report, FILE).reasons,
        Code::WaitsForOthers,
        &["DATABSE_URL"],
    );
    assert_eq!(report.items.len(), 2, "the old one is no item of its own");

    // What no object names may be a value of an API's, but not of a pod that is held for it.
    let mut world = self::world();
    world.annotate("env", "X=DATABASE_SOMETHING_ELSE");
    world.inject();
    world.status = json!({"phase": "Pending"});
    assert_eq!(item(&world.live(), "X").state, State::Missing);
}

#[test]
fn annotations_that_changed_under_a_running_pod_are_told_item_by_item() {
    let mut world = world();
    world.inject();
    world.annotate("env", "DATABASE_URL,NEW=TLS_KEY");
    world.annotate(
        "file.tls",
        "{key: TLS_KEY, path: /etc/web/tls.key, mode: \"0400\"}",
    );
    let report = world.live();
    assert_eq!(item(&report, "DATABASE_URL").state, State::Present);
    says(
        &item(&report, "NEW").reasons,
        Code::OlderThanAnnotations,
        &["does not carry this"],
    );
    says(
        &item(&report, FILE).reasons,
        Code::OlderThanAnnotations,
        &["another template or mode"],
    );
    world.annotate("env", "OTHER=DATABASE_URL");
    let report = world.live();
    let url = item(&report, "DATABASE_URL");
    assert_eq!((url.state, url.annotation.as_deref()), (State::Present, None));
    says(&url.remarks, Code::NoLongerAskedFor, &["do not ask for it"]);
    world.annotate("vault", "team/other");
    says(
        &item(&world.live(), FILE).reasons,
        Code::OlderThanAnnotations,
        &["environment default of Vault shop/app"],
    );
    // It would be refused now, which is for the next pod to meet.
    world.annotate("evn", "A");
    let report = world.live();
    says(
        &report.remarks,
        Code::Refused,
        &["a new pod", "did you mean \"env\"?"],
    );
    assert_eq!(item(&report, "DATABASE_URL").state, State::Present);
}

#[test]
fn both_versions_are_told_when_a_pod_lags() {
    let mut world = world();
    world.inject();
    let lagging = json!({"name": "TLS_KEY", "namespace": "shop", "pod": "web-1", "version": 1, "since": "2026-01-02T00:00:00Z"});
    world.secrets[0]["status"]["keys"][1] = key("TLS_KEY", 3);
    world.secrets[0]["status"]["consumers"] =
        json!({"total": 2, "current": 1, "lagging": 1, "summary": "1/2", "behind": [lagging]});
    let report = world.live();
    let file = item(&report, FILE);
    assert_eq!(
        (file.sources[0].held, file.sources[0].current),
        (Some(1), Some(3))
    );
    says(&file.remarks, Code::Lags, &["version 1", "version 3 is current"]);
    assert_eq!(file.state, State::Present);
    assert_eq!(item(&report, "DATABASE_URL").sources[0].held, Some(2));
    // Someone lags who is not listed: it may be this pod.
    world.secrets[0]["status"]["consumers"]["lagging"] = json!(2);
    assert_eq!(item(&world.live(), "DATABASE_URL").sources[0].held, None);
    // The ledger knows, and goes before.
    let line = |name: &str, acknowledged| Line {
        name: name.to_owned(),
        pod_uid: "u1".to_owned(),
        acknowledged,
        started: Some(1),
        current: Some(4),
    };
    world.ledger = Some(vec![line("DATABASE_URL", Some(3)), line("TLS_KEY", None)]);
    let report = world.live();
    let url = item(&report, "DATABASE_URL");
    let source = &url.sources[0];
    assert_eq!(
        (source.held, source.current, source.started_with),
        (Some(3), Some(4), Some(1))
    );
    says(&url.remarks, Code::Lags, &["version 3", "version 4"]);
    says(&url.remarks, Code::StartedBefore, &["version 1", "version 4"]);
    assert_eq!(item(&report, FILE).sources[0].held, None);
}

#[test]
fn a_process_keeps_the_variable_that_it_was_started_with() {
    let mut world = world();
    world.inject();
    let started = |world: &mut World, at: &str| {
        world.status["containerStatuses"][0]["state"]["running"]["startedAt"] = json!(at);
        world.live()
    };
    let report = started(&mut world, "2026-01-01T23:59:59Z");
    let words = [
        "container web",
        "2026-01-01T23:59:59Z",
        "version 2",
        "2026-01-02T00:00:00Z",
    ];
    says(
        &item(&report, "DATABASE_URL").remarks,
        Code::StartedBefore,
        &words,
    );
    assert!(
        item(&report, FILE)
            .remarks
            .iter()
            .all(|it| it.code != Code::StartedBefore)
    );
    let report = started(&mut world, "2026-01-02T00:00:01Z");
    assert!(
        item(&report, "DATABASE_URL")
            .remarks
            .iter()
            .all(|it| it.code != Code::StartedBefore)
    );
}

#[test]
fn what_may_not_be_read_is_said_and_the_rest_goes_on() {
    let mut world = world();
    let refused = "kubectl: Error from server (Forbidden)";
    let mut object = world.pod.clone();
    object["kind"] = json!("Pod");
    let of = |object: &Value, is_live: bool, facts: &Facts| {
        explain(
            &super::gather::subject(object.clone(), "shop", is_live).unwrap(),
            facts,
        )
    };
    let facts = Facts {
        vaults: Err(refused.to_owned()),
        events: Err("no".into()),
        ..world.facts()
    };
    let report = of(&object, false, &facts);
    assert_eq!((report.state, report.not_read.len()), (State::Unknown, 2));
    says(
        &item(&report, "DATABASE_URL").reasons,
        Code::NotRead,
        &["Forbidden"],
    );
    let facts = Facts {
        secrets: Err(refused.to_owned()),
        ..world.facts()
    };
    let url = of(&object, false, &facts);
    let url = item(&url, "DATABASE_URL");
    assert_eq!(
        (url.state, url.sources[0].grant.is_some()),
        (State::Unknown, true)
    );
    // Of a pod that runs it is known all the same.
    world.inject();
    let mut object = world.pod.clone();
    (object["kind"], object["status"]) = (json!("Pod"), world.status.clone());
    assert_eq!(of(&object, true, &facts).state, State::Present);
}

#[test]
fn a_workload_says_why_its_pods_cannot_be_made() {
    let world = world();
    let mut deployment = json!({"kind": "Deployment", "metadata": {"namespace": "shop", "name": "web", "uid": "d1"},
    "spec": {"template": world.pod}, "status": {"conditions": [
        {"type": "ReplicaFailure", "status": "True", "message": "admission webhook denied the request: no"},
    ]}});
    let of = |object: &Value| {
        let subject: Subject = super::gather::subject(object.clone(), "shop", true).unwrap();
        explain(&subject, &world.facts())
    };
    let report = of(&deployment);
    says(&report.reasons, Code::NotCreated, &["admission webhook denied"]);
    assert_eq!(report.state, State::Missing);
    deployment["status"] = json!({});
    let report = of(&deployment);
    assert_eq!(
        (report.state, report.exists),
        (State::Present, false),
        "{report:#?}"
    );
}

#[test]
fn a_stale_pod_and_one_that_ended_are_told() {
    let mut world = world();
    world.inject();
    world.status["conditions"] =
        json!([{"type": "coffer.dev/Stale", "status": "True", "message": "the values of yesterday"}]);
    says(&world.live().remarks, Code::Stale, &["yesterday"]);
    world.status["conditions"][0]["status"] = json!("False");
    assert!(world.live().remarks.is_empty());
    world.status["phase"] = json!("Succeeded");
    let report = world.live();
    says(&report.remarks, Code::Ended, &["end"]);
    assert_eq!(report.state, State::Present);
    world.status = json!({"phase": "Failed"});
    assert_eq!(world.live().state, State::Missing);
}

#[test]
fn a_template_is_told_key_by_key_and_a_star_name_by_name() {
    let mut world = world();
    world.annotate("env", "*");
    world.annotate(
        "file.tls",
        "{template: \"{{ DATABASE_URL }}{{ ADMIN_TOKEN }}\", path: /etc/web/tls.key}",
    );
    world.annotate("containers", "web");
    let side = json!({"name": "side", "image": "x"});
    world.pod["spec"]["containers"].as_array_mut().unwrap().push(side);
    let report = world.template();
    let names: Vec<&str> = report.items.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["DATABASE_URL", "LATER", "TLS_KEY", FILE]);
    let file = item(&report, FILE);
    assert_eq!(file.sources.len(), 2);
    says(&file.reasons, Code::NoGrant, &["ADMIN_TOKEN"]);
    says(&report.remarks, Code::ContainersLeftOut, &["side"]);
}

#[test]
fn the_shape_for_programs_is_stable() {
    let mut world = world();
    world.inject();
    let told = serde_json::to_value(world.live()).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut all: Vec<String> = keys(&told).split(' ').map(str::to_owned).collect();
    all.sort();
    assert_eq!(
        all.join(" "),
        "containers environment exists items notRead object pods reasons remarks serviceAccount state vault"
    );
    assert_eq!(told["state"], "Present");
    assert_eq!(told["items"][0]["kind"], "Variable");
    assert_eq!(
        told["items"][0]["sources"][0]["grant"],
        json!({"access": 1, "serviceAccount": "web"})
    );
    assert_eq!(told["items"][0]["sources"][0]["startedWith"], Value::Null);
}
