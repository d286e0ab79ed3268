//! A signal to the application: asked for in words, possible in the pod, and told to the agent.

use coffer_crds::VaultSecretSpec;
use coffer_injector::known::Index;
use coffer_wire::SignalSpec;
use serde_json::{Value, json};

use crate::support::{config, denial, inject, inject_with, injector_over, known, pod, says};

const ASKED: &[(&str, &str)] = &[
    ("env", "DB_URL"),
    ("on-change", "signal"),
    ("signal", "SIGHUP nginx"),
];

/// In which the agent can signal.
fn shared(annotations: &[(&str, &str)]) -> Value {
    let mut pod = pod(annotations);
    pod["spec"]["shareProcessNamespace"] = json!(true);
    pod["spec"]["securityContext"] = json!({"runAsUser": 1000});
    pod
}

fn signal(secrets: Option<&[&str]>) -> SignalSpec {
    SignalSpec {
        signal: "SIGHUP".into(),
        process: "nginx".into(),
        secrets: secrets.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
    }
}

fn index(on_change: &str) -> Index {
    let mut index = known();
    let spec =
        json!({"vaultRef": {"name": "app"}, "onChange": on_change, "data": {"DB_URL": {"external": {}}}});
    let spec: VaultSecretSpec = serde_json::from_value(spec).unwrap();
    index.put_secret(("team-a".into(), "app-secrets".into()), &spec);
    index
}

#[test]
fn the_agent_is_told_whom_to_signal() {
    let injected = inject(&shared(ASKED)).unwrap();
    assert_eq!(config(&injected.pod).signal, Some(signal(None)));
    let quiet = inject(&shared(&[("env", "DB_URL")])).unwrap();
    assert_eq!(config(&quiet.pod).signal, None);
}

#[test]
fn a_secret_may_ask_for_it_and_the_pod_say_whom() {
    let asked = shared(&[("env", "DB_URL"), ("signal", "SIGHUP nginx")]);
    let injected = inject_with(&injector_over(index("signal")), &asked).unwrap();
    assert_eq!(config(&injected.pod).signal, Some(signal(Some(&["DB_URL"]))));
    let nobody = inject_with(&injector_over(index("none")), &asked).unwrap();
    assert_eq!(config(&nobody.pod).signal, None);
    says(
        &nobody.warnings.join("\n"),
        &["no VaultSecret says onChange: signal"],
    );
    let silent = inject_with(&injector_over(index("signal")), &pod(&[("env", "DB_URL")])).unwrap();
    says(
        &silent.warnings.join("\n"),
        &["VaultSecret of DB_URL", "SIGHUP nginx"],
    );
    let declined = pod(&[("env", "DB_URL"), ("on-change", "none")]);
    let declined = inject_with(&injector_over(index("signal")), &declined).unwrap();
    assert!(declined.warnings.is_empty(), "{:?}", declined.warnings);
}

/// Commands run by agents of other kinds needed capabilities or failed unseen: hashicorp/vault-helm 666.
#[test]
fn a_pod_whose_agent_could_signal_nobody_is_refused_with_the_way_out() {
    let unshared = pod(ASKED);
    says(
        &denial(&unshared),
        &["coffer.dev/signal: ", "shareProcessNamespace: true"],
    );
    for user in [json!({}), json!({"runAsUser": 0})] {
        let mut pod = shared(ASKED);
        pod["spec"]["securityContext"] = user;
        says(&denial(&pod), &["coffer.dev/signal: ", "runAsUser"]);
    }
    let mut other = shared(ASKED);
    other["spec"]["containers"][0]["securityContext"] = json!({"runAsUser": 0});
    says(&denial(&other), &["runAsUser"]);
}

#[test]
fn it_stays_within_pod_security_restricted() {
    let injected = inject(&shared(ASKED)).unwrap();
    let agent = &injected.pod["spec"]["initContainers"][0]["securityContext"];
    assert_eq!(agent["capabilities"], json!({"drop": ["ALL"]}));
    assert_eq!(
        (&agent["runAsUser"], &agent["runAsNonRoot"]),
        (&json!(1000), &json!(true))
    );
}
