//! Pods that are in the cluster, and workloads.

use super::*;
use crate::command::explain::facts::Subject;

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
    assert!(
        url.remarks.iter().all(|it| it.code != Code::StartedBefore),
        "started later"
    );
    world.secrets[0]["status"]["keys"][0]["changed"] = json!("2026-01-04T00:00:00Z");
    let report = world.live();
    let words = ["before version 4", "began with version 1"];
    says(
        &item(&report, "DATABASE_URL").remarks,
        Code::StartedBefore,
        &words,
    );
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
        explain(&gather::subject(object.clone(), "shop", is_live).unwrap(), facts)
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
        let subject: Subject = gather::subject(object.clone(), "shop", true).unwrap();
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
