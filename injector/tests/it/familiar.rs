//! Pods whose variables are set to references, as people have them.

use std::{convert::Infallible, sync::Arc};

use coffer_crds::{VaultSecretSpec, VaultSpec};
use coffer_injector::{
    familiar::config_map::Source, known::Index, metrics::Metrics, server, server::Injector,
};
use hyper::{Request, Response, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Allowed, config, inject_with, injector_over, outcome, pod, review, says, settings};

/// `team-a` has the Vaults `secret`, and `app` with a table.
pub fn known() -> Index {
    let mut index = Index::default();
    let name = |name: &str| ("team-a".to_owned(), name.to_owned());
    let vault = |json: Value| -> VaultSpec { serde_json::from_value(json).unwrap() };
    let access = json!([{ "serviceAccounts": ["web"] }]);
    index.put_vault(name("secret"), &vault(json!({ "access": access })));
    index.put_vault(
        name("app"),
        &vault(json!({
            "access": access, "environments": ["default", "production"],
            "references": [
                { "prefix": "vault:kv/data/team-a", "environment": "production" },
                { "prefix": "op://Team A", "environment": "production" },
            ],
        })),
    );
    let spec = json!({ "vaultRef": { "name": "app" }, "environment": "production", "data": {
        "DB_PASSWORD": { "external": {} }, "db/password": { "external": {} },
    } });
    let spec: VaultSecretSpec = serde_json::from_value(spec).unwrap();
    index.put_secret(name("app"), &spec);
    index
}

/// A pod that names no vault, with these variables.
fn pod_with(annotations: &[(&str, &str)], env: Value) -> Value {
    let mut pod = pod(annotations);
    pod["metadata"]["annotations"]
        .as_object_mut()
        .unwrap()
        .remove("coffer.dev/vault");
    for (key, value) in annotations {
        pod["metadata"]["annotations"][format!("coffer.dev/{key}")] = json!(value);
    }
    pod["spec"]["containers"][0]["env"] = env;
    pod
}

fn inject(pod: &Value) -> Result<Allowed, String> {
    inject_with(&injector_over(known()), pod)
}

fn file_key(name: &str, slot: &str) -> Value {
    let reference = json!({ "volumeName": "coffer-env", "path": slot, "key": slot });
    json!({ "name": name, "valueFrom": { "fileKeyRef": reference } })
}

#[test]
fn references_that_people_have_become_variables_in_their_place() {
    let env = json!([
        { "name": "BEFORE", "value": "1" },
        { "name": "DB_PASSWORD", "value": "vault:kv/data/team-a/db#password" },
        { "name": "URL", "value": "postgres://u:$(DB_PASSWORD)@db" },
        { "name": "PIN", "value": "op://Team A/db/password" },
        { "name": "OWN", "value": "coffer://team-a/app/production/DB_PASSWORD" },
        { "name": "VAULT_HOST", "value": "vault:8200" },
    ]);
    let allowed = inject(&pod_with(&[], env.clone())).unwrap();
    assert_eq!(
        allowed.pod["spec"]["containers"][0]["env"],
        json!([
            env[0],
            file_key("DB_PASSWORD", "DB_PASSWORD"),
            env[2],
            file_key("PIN", "PIN"),
            file_key("OWN", "OWN"),
            env[5]
        ])
    );
    let config = config(&allowed.pod);
    assert_eq!(
        (config.vault.as_str(), config.environment.as_str()),
        ("app", "production")
    );
    let expected =
        json!({ "named": { "DB_PASSWORD": "db/password", "OWN": "DB_PASSWORD", "PIN": "db/password" } });
    assert_eq!(json!(config.variables.selection), expected);
    assert!(
        config.variables.fields.is_empty() && allowed.warnings.is_empty(),
        "{:?}",
        allowed.warnings
    );
}

#[test]
fn without_a_table_the_mount_is_the_vault_and_the_key_a_member() {
    let env = json!([{ "name": "A", "value": "vault:secret/data/app/db#password" }]);
    let allowed = inject(&pod_with(&[], env)).unwrap();
    let config = config(&allowed.pod);
    assert_eq!(
        (config.vault.as_str(), config.environment.as_str()),
        ("secret", "default")
    );
    assert_eq!(
        json!(config.variables.selection),
        json!({ "named": { "A": "app/db" } })
    );
    assert_eq!(json!(config.variables.fields), json!({ "A": "password" }));
    says(
        &allowed.warnings[0],
        &[
            "container web, variable A",
            "no VaultSecret of Vault secret names key app/db",
        ],
    );
}

#[test]
fn the_annotation_takes_members_too() {
    let allowed = inject(&pod_with(
        &[("vault", "secret"), ("env", "A=app/db#password, B=app/db")],
        json!([]),
    ))
    .unwrap();
    let config = config(&allowed.pod);
    assert_eq!(
        json!(config.variables.selection),
        json!({ "named": { "A": "app/db", "B": "app/db" } })
    );
    assert_eq!(json!(config.variables.fields), json!({ "A": "password" }));
}

#[test]
fn two_containers_may_call_two_secrets_by_one_name() {
    let mut pod = pod_with(
        &[],
        json!([{ "name": "A", "value": "vault:secret/x#k" }, { "name": "A", "value": "vault:secret/x#k" }]),
    );
    let other =
        json!({ "name": "side", "image": "s", "env": [{ "name": "A", "value": "vault:secret/y#k" }] });
    pod["spec"]["containers"].as_array_mut().unwrap().push(other);
    let allowed = inject(&pod).unwrap();
    let containers = &allowed.pod["spec"]["containers"];
    assert_eq!(
        containers[0]["env"],
        json!([file_key("A", "A"), file_key("A", "A")])
    );
    assert_eq!(containers[1]["env"], json!([file_key("A", "A__2")]));
    let config = config(&allowed.pod);
    assert_eq!(
        json!(config.variables.selection),
        json!({ "named": { "A": "x", "A__2": "y" } })
    );
    assert_eq!(json!(config.variables.fields), json!({ "A": "k", "A__2": "k" }));

    pod["metadata"]["annotations"]["coffer.dev/mode"] = json!("exec");
    for i in 0..2 {
        pod["spec"]["containers"][i]["command"] = json!(["/app"]);
    }
    says(
        &inject(&pod).unwrap_err(),
        &["container side, variable A", "another container", "env-file"],
    );
}

#[test]
fn the_wrapper_gets_what_it_is_to_set_out_of_its_way() {
    let env = json!([
        { "name": "A", "value": "vault:secret/x#a" }, { "name": "LOG", "value": "info" }, { "name": "B", "value": "vault:secret/x#b" },
    ]);
    let mut pod = pod_with(&[("mode", "exec")], env);
    pod["spec"]["containers"][0]["command"] = json!(["/app"]);
    let allowed = inject(&pod).unwrap();
    assert_eq!(
        allowed.pod["spec"]["containers"][0]["env"],
        json!([{ "name": "LOG", "value": "info" }])
    );
    assert_eq!(
        json!(config(&allowed.pod).variables.fields),
        json!({ "A": "a", "B": "b" })
    );

    pod["spec"]["containers"][0]["args"] = json!(["--password=$(B)"]);
    says(
        &inject(&pod).unwrap_err(),
        &["container web, variable B", "$(…)", "env-file"],
    );
}

#[test]
fn a_pod_that_was_injected_tells_what_its_variables_were_set_to() {
    let env = json!([
        { "name": "LOG", "value": "info" }, { "name": "A", "value": "vault:secret/data/x#k" }, { "name": "C", "value": "vault:secret/y#k" },
    ]);
    for mode in ["env-file", "exec"] {
        let mut pod = pod_with(
            &[("vault", "secret"), ("env", "B=b"), ("mode", mode)],
            env.clone(),
        );
        pod["spec"]["containers"][0]["command"] = json!(["/app"]);
        let allowed = inject(&pod).unwrap();
        let mut told = coffer_injector::injected::original(&allowed.pod);
        let list = told["spec"]["containers"][0]["env"].as_array_mut().unwrap();
        list.sort_by_key(|it| it["name"].to_string());
        let expected = json!([
            { "name": "A", "value": "coffer://team-a/secret/default/x#k" },
            { "name": "C", "value": "coffer://team-a/secret/default/y#k" },
            { "name": "LOG", "value": "info" },
        ]);
        assert_eq!(json!(list), expected, "{mode}");
        // Decided again, it comes to the same.
        let again = inject(&told).unwrap();
        assert_eq!(
            json!(config(&again.pod).variables),
            json!(config(&allowed.pod).variables),
            "{mode}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused_with_container_variable_and_fix() {
    for (annotations, value, expected) in [
        (
            &[][..],
            ">>vault:db/creds/app#password",
            &["variable A", "writes to Vault", "coffer.dev/literals: A"][..],
        ),
        (
            &[],
            "u:${vault:secret/data/x#k}@h",
            &["variable A", "inside other text", "$(VARIABLE)"],
        ),
        (&[], "vault:secret/data/x#k#3", &["variable A", "pins a version"]),
        (
            &[("vault", "app")],
            "vault:secret/data/x#k",
            &["it is of Vault team-a/secret", "spec.references of Vault app"],
        ),
        (
            &[("environment", "default")],
            "op://Team A/db/password",
            &["environment production", "the pod's is default"],
        ),
    ] {
        let message = inject(&pod_with(annotations, json!([{ "name": "A", "value": value }]))).unwrap_err();
        assert!(message.starts_with("container web, variable A: "), "{message}");
        says(&message, expected);
    }
    let taken = pod_with(
        &[("vault", "secret"), ("env", "A=x")],
        json!([{ "name": "A", "value": "vault:secret/x#k" }]),
    );
    says(
        &inject(&taken).unwrap_err(),
        &["container web already sets variable A"],
    );
}

#[test]
fn a_grant_that_is_missing_is_warned_of_as_ever() {
    let mut pod = pod_with(&[], json!([{ "name": "A", "value": "vault:secret/x#k" }]));
    pod["spec"]["serviceAccountName"] = json!("stranger");
    says(
        &inject(&pod).unwrap().warnings[0],
        &["does not let service account stranger read default"],
    );
    let near = pod_with(
        &[],
        json!([{ "name": "A", "value": "coffer://team-a/app/production/DB_PASWORD" }]),
    );
    says(
        &inject(&near).unwrap().warnings[0],
        &["container web, variable A", "did you mean \"DB_PASSWORD\"?"],
    );
}

/// An API server with `ConfigMap`s of `team-a`; anything else that is asked fails.
fn reading(config_maps: Value) -> Arc<Injector> {
    let service = tower::service_fn(move |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        let name = path
            .strip_prefix("/api/v1/namespaces/team-a/configmaps/")
            .map(str::to_owned);
        let data = name.map(|name| config_maps[name.as_str()].clone());
        async move {
            let (code, body) = match data {
                Some(data) if data.is_object() => (
                    StatusCode::OK,
                    json!({ "metadata": { "name": "x" }, "data": data }),
                ),
                Some(Value::Null) => {
                    let status = json!({ "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": "" });
                    (StatusCode::NOT_FOUND, status)
                }
                _ => {
                    let status = json!({ "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "" });
                    (StatusCode::FORBIDDEN, status)
                }
            };
            let response = Response::builder()
                .status(code)
                .body(Body::from(body.to_string().into_bytes()));
            Ok::<_, Infallible>(response.unwrap())
        }
    });
    let source = Source::new(kube::Client::new(service, "coffer-system"));
    let known_ = coffer_injector::watch::Shared::default();
    *known_.write() = known();
    let injector = Injector::new(
        settings(),
        coffer_injector::trust::Bundle::default(),
        coffer_injector::trust::Bundle::default(),
        known_,
        Arc::new(Metrics::new().unwrap()),
    );
    Arc::new(injector.with_config_maps(Some(source)))
}

async fn post(injector: &Arc<Injector>, pod: &Value) -> Result<Allowed, String> {
    let request = Request::post("/mutate")
        .body(axum::body::Body::from(review(pod).to_string()))
        .unwrap();
    let response = server::router(injector.clone()).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    outcome(pod, &answer["response"])
}

fn from_config_maps() -> Value {
    let mut pod = pod_with(
        &[],
        json!([
            { "name": "LOG", "value": "info" },
            { "name": "A", "valueFrom": { "configMapKeyRef": { "name": "refs", "key": "a" } } },
        ]),
    );
    pod["spec"]["containers"][0]["envFrom"] = json!([{ "prefix": "P_", "configMapRef": { "name": "whole" } }, { "configMapRef": { "name": "none", "optional": true } }]);
    pod
}

#[tokio::test]
async fn references_in_config_maps_are_found_when_they_are_to_be_looked_for() {
    let injector = reading(json!({
        "refs": { "a": "vault:kv/data/team-a/db#password", "unused": "op://x" },
        "whole": { "TOKEN": "op://Team A/db/password", "PLAIN": "text", "LOG": "vault:kv/data/team-a/log#x" },
    }));
    let allowed = post(&injector, &from_config_maps()).await.unwrap();
    let container = &allowed.pod["spec"]["containers"][0];
    assert_eq!(
        container["env"],
        json!([file_key("P_LOG", "P_LOG"), file_key("P_TOKEN", "P_TOKEN"), { "name": "LOG", "value": "info" }, file_key("A", "A")])
    );
    assert_eq!(
        container["envFrom"],
        from_config_maps()["spec"]["containers"][0]["envFrom"]
    );
}

#[tokio::test]
async fn a_config_map_that_cannot_be_read_lets_no_reference_through_as_text() {
    for (maps, expected) in [
        (
            json!({ "refs": { "a": "text" } }),
            "container web, envFrom: ConfigMap whole does not exist yet",
        ),
        (
            json!({ "refs": 403, "whole": {} }),
            "variable A: ConfigMap refs may hold references, and cannot be read",
        ),
    ] {
        let message = post(&reading(maps), &from_config_maps()).await.unwrap_err();
        says(&message, &[expected]);
    }
    // Pods that did not opt in are not looked at, whatever they name.
    let mut stranger = from_config_maps();
    stranger["metadata"]["annotations"]
        .as_object_mut()
        .unwrap()
        .remove("coffer.dev/inject");
    assert!(
        post(&reading(json!({ "refs": 403 })), &stranger)
            .await
            .unwrap()
            .patch
            .is_none()
    );
}
