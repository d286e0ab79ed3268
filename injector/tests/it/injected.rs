//! What pods of all sorts get.

use std::collections::BTreeMap;

use coffer_injector::known::Index;
use coffer_wire::bundle::{BundleContent, BundleIdentity};
use serde_json::json;

use crate::support::{agent, config, denial, inject, inject_with, injector_over, pod, says, variable_names};

#[test]
fn containers_are_chosen_by_name() {
    let mut pod = pod(&[("env", "DB_URL"), ("containers", "worker")]);
    pod["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "worker", "image": "w" }));
    let patched = inject(&pod).unwrap().pod;
    assert_eq!(patched["spec"]["containers"][0], pod["spec"]["containers"][0]);
    assert_eq!(variable_names(&patched["spec"]["containers"][1]), ["DB_URL"]);

    pod["metadata"]["annotations"]["coffer.dev/containers"] = json!("wroker");
    says(
        &denial(&pod),
        &[
            "coffer.dev/containers",
            "no container \"wroker\"",
            "did you mean \"worker\"?",
            "web, worker",
        ],
    );
}

#[test]
fn all_but_sidecars_are_meant_unless_named() {
    let mut pod = pod(&[("env", "DB_URL")]);
    pod["spec"]["initContainers"] = json!([{ "name": "mesh", "image": "m", "restartPolicy": "Always" }, { "name": "init", "image": "i" }]);
    pod["spec"]["ephemeralContainers"] = json!([{ "name": "debug", "image": "d" }]);
    let patched = inject(&pod).unwrap().pod;
    let names: Vec<_> = patched["spec"]["initContainers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["coffer-agent", "mesh", "init"]);
    assert_eq!(
        patched["spec"]["initContainers"][1],
        pod["spec"]["initContainers"][0]
    );
    assert_eq!(variable_names(&patched["spec"]["initContainers"][2]), ["DB_URL"]);
    assert_eq!(
        patched["spec"]["ephemeralContainers"],
        pod["spec"]["ephemeralContainers"]
    );

    pod["metadata"]["annotations"]["coffer.dev/containers"] = json!("mesh");
    let patched = inject(&pod).unwrap().pod;
    assert_eq!(variable_names(&patched["spec"]["initContainers"][1]), ["DB_URL"]);
    assert_eq!(variable_names(&patched["spec"]["containers"][0]), ["LOG"]);
}

#[test]
fn a_variable_that_is_there_already_is_refused_by_name_and_skipped_by_star() {
    let mut taken = pod(&[("env", "DB_URL,API_TOKEN")]);
    taken["spec"]["containers"][0]["env"] = json!([{ "name": "DB_URL", "value": "mine" }]);
    says(
        &denial(&taken),
        &[
            "coffer.dev/env",
            "container web already sets variable DB_URL",
            "remove it",
        ],
    );

    taken["metadata"]["annotations"]["coffer.dev/env"] = json!("*");
    let allowed = inject(&taken).unwrap();
    assert_eq!(
        variable_names(&allowed.pod["spec"]["containers"][0]),
        ["API_TOKEN", "SIGNING", "DB_URL"]
    );
    assert!(
        allowed
            .warnings
            .iter()
            .any(|w| w.contains("container web keeps its own DB_URL")),
        "{:?}",
        allowed.warnings
    );
}

#[test]
fn star_takes_the_known_names_that_can_be_variables() {
    let allowed = inject(&pod(&[("env", "*")])).unwrap();
    assert_eq!(
        variable_names(&allowed.pod["spec"]["containers"][0]),
        ["API_TOKEN", "DB_URL", "SIGNING", "LOG"]
    );
    says(
        &allowed.warnings[0],
        &["coffer.dev/env", "left out", "SIGNING.pub, app/config, tls.key"],
    );
    let nothing = inject_with(&injector_over(Index::default()), &pod(&[("env", "*")])).unwrap_err();
    says(
        &nothing,
        &[
            "coffer.dev/env",
            "none is known",
            "name the variables",
            "mode: exec",
        ],
    );
    says(
        &denial(&pod(&[("env", "*"), ("environment", "production")])),
        &["none is known"],
    );
}

#[test]
fn star_over_another_namespaces_vault_names_only_what_it_grants() {
    let allowed = inject(&pod(&[("env", "*"), ("vault", "team-b/private")])).unwrap();
    assert_eq!(
        variable_names(&allowed.pod["spec"]["containers"][0]),
        ["SHARED_KEY", "LOG"]
    );
    let mut stranger = pod(&[("env", "*"), ("vault", "team-b/private")]);
    stranger["spec"]["serviceAccountName"] = json!("other");
    says(&denial(&stranger), &["none is known"]);
}

#[test]
fn exec_needs_a_command_and_keeps_it() {
    says(
        &denial(&pod(&[("env", "DB_URL"), ("mode", "exec")])),
        &[
            "coffer.dev/mode",
            "container web has no command",
            "set command:",
            "env-file",
        ],
    );
    let mut pod = pod(&[("env", "DB_URL"), ("mode", "exec")]);
    pod["spec"]["containers"][0]["command"] = json!(["/web", "-v"]);
    pod["spec"]["containers"][0]["args"] = json!(["serve"]);
    let patched = inject(&pod).unwrap().pod;
    let web = &patched["spec"]["containers"][0];
    assert_eq!(
        web["command"],
        json!([
            "/var/run/secrets/coffer-exec/coffer-agent",
            "exec",
            "--",
            "/web",
            "-v"
        ])
    );
    assert_eq!(web["args"], json!(["serve"]));
    assert_eq!(variable_names(web), ["LOG"]);
    let config = config(&patched);
    assert_eq!(config.variables.delivery, coffer_wire::Delivery::Exec);
    let mount = agent(&patched)["volumeMounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == "coffer-exec")
        .unwrap();
    assert_eq!(mount["mountPath"], config.variables.dir);

    pod["spec"]["containers"][0]["volumeMounts"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "v", "mountPath": "/var/run/" }));
    says(
        &denial(&pod),
        &["coffer.dev/mode", "mounts a volume at /var/run/", "coffer-exec"],
    );
}

#[test]
fn files_alone_need_no_command_in_exec_mode() {
    let patched = inject(&pod(&[("file.tls", "tls.key"), ("mode", "exec")]))
        .unwrap()
        .pod;
    assert!(patched["spec"]["containers"][0].get("command").is_none());
    let variables = config(&patched).variables;
    assert_eq!(
        variables.delivery,
        coffer_wire::Delivery::EnvFile,
        "nor a wrapper"
    );
    assert_eq!(
        variables.selection,
        coffer_wire::Selection::Named(BTreeMap::default())
    );
}

#[test]
fn a_file_may_not_land_on_another_volume() {
    for taken in ["/etc/app", "/etc/app/", "/etc/app/sub", "/etc", "/etc/"] {
        let mut pod = pod(&[("file.a", "{key: tls.key, path: /etc/app/tls.key}")]);
        pod["spec"]["containers"][0]["volumeMounts"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "name": "v", "mountPath": taken }));
        says(
            &denial(&pod),
            &["coffer.dev/file.a", "/etc/app is taken", "container web", taken],
        );
    }
    let mut beside = pod(&[("file.a", "{key: tls.key, path: /etc/app/tls.key}")]);
    beside["spec"]["containers"][0]["volumeMounts"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "v", "mountPath": "/etc/apple" }));
    assert!(inject(&beside).is_ok());
    let nested = pod(&[
        ("file.a", "{key: tls.key, path: /app/x}"),
        ("file.b", "{key: tls.key, path: /app/sub/x}"),
    ]);
    says(
        &denial(&nested),
        &["coffer.dev/file.b", "/app/sub and /app", "within each other"],
    );
}

#[test]
fn files_of_one_directory_share_a_volume() {
    let patched = inject(&pod(&[
        ("file.a", "{key: tls.key, path: /app/a}"),
        ("file.b", "{key: tls.key, path: /srv/b}"),
        ("file.c", "{key: tls.key, path: /app/c}"),
    ]))
    .unwrap()
    .pod;
    let mounts = patched["spec"]["containers"][0]["volumeMounts"]
        .as_array()
        .unwrap();
    let ours: Vec<_> = mounts[1..]
        .iter()
        .map(|m| (m["name"].as_str().unwrap(), m["mountPath"].as_str().unwrap()))
        .collect();
    assert_eq!(ours, [("coffer-files-0", "/app"), ("coffer-files-1", "/srv")]);
    assert!(mounts[1..].iter().all(|m| m["readOnly"] == true));
    let dirs: Vec<_> = config(&patched).files.into_iter().map(|f| f.dir).collect();
    assert_eq!(
        dirs,
        [
            "/run/coffer/files/0",
            "/run/coffer/files/1",
            "/run/coffer/files/0"
        ]
    );
}

#[test]
fn a_file_its_reader_cannot_read_is_warned_of() {
    let private = [("file.a", "{key: tls.key, path: /app/a, mode: '0400'}")];
    says(
        &inject(&pod(&private)).unwrap().warnings[0],
        &["coffer.dev/file.a", "mode 0400", "user 65532", "runAsUser"],
    );
    let mut owned = pod(&private);
    owned["spec"]["securityContext"] = json!({ "runAsUser": 1000 });
    assert!(inject(&owned).unwrap().warnings.is_empty());
    let mut grouped = pod(&[("file.a", "{key: tls.key, path: /app/a, mode: '0440'}")]);
    grouped["spec"]["securityContext"] = json!({ "fsGroup": 1000 });
    assert!(inject(&grouped).unwrap().warnings.is_empty());
}

#[test]
fn the_agent_is_never_root() {
    let mut pod = pod(&[("env", "DB_URL")]);
    pod["spec"]["securityContext"] = json!({ "runAsUser": 0, "runAsGroup": 0 });
    let patched = inject(&pod).unwrap().pod;
    assert_eq!(agent(&patched)["securityContext"]["runAsUser"], 65532);
    assert_eq!(agent(&patched)["securityContext"]["runAsGroup"], 65532);
}

#[test]
fn what_goes_through_kubelets_expansion_arrives_unchanged() {
    let template = "{{ DB_URL }} $(HOME) $$ $";
    let patched = inject(&pod(&[(
        "file.a",
        &json!({ "template": template, "path": "/app/a" }).to_string(),
    )]))
    .unwrap()
    .pod;
    assert!(!agent(&patched)["env"][0]["value"].as_str().unwrap().contains('$'));
    assert_eq!(
        config(&patched).files[0].content,
        coffer_wire::Content::Template(template.to_owned())
    );
}

#[test]
fn a_pod_that_may_start_stale_mounts_its_bundle_and_knows_where_its_key_is() {
    let pod = pod(&[("env", "DB_URL"), ("file.x", "API_TOKEN"), ("max-stale", "1h")]);
    let patched = inject(&pod).unwrap().pod;
    let identity = BundleIdentity {
        namespace: "team-a".into(),
        service_account: "web".into(),
        content: BundleContent {
            organization: "team-a".into(),
            vault: "app".into(),
            environment: "default".into(),
            names: Some(vec!["API_TOKEN".into(), "DB_URL".into()]),
            max_stale: 3600,
        },
    };
    let volumes = patched["spec"]["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|it| it["name"] == "coffer-bundle").unwrap();
    let secret = json!({ "secretName": coffer_bundle::secret_name(&identity), "optional": true });
    assert_eq!(volume["secret"], secret);
    let mounts = agent(&patched)["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|it| it["name"] == "coffer-bundle").unwrap();
    assert_eq!(mount["readOnly"], true);
    let app = patched["spec"]["containers"].to_string();
    assert!(!app.contains("coffer-bundle"), "the agent's alone: {app}");
    let stale = config(&patched).stale.unwrap();
    assert_eq!(stale.max_stale, 3600);
    assert_eq!(
        stale.bundle,
        format!("{}/bundle", mount["mountPath"].as_str().unwrap())
    );
    assert_eq!(stale.keys, "https://coffer-injector.coffer-system.svc:8444");
    assert!(
        stale.trust.contains("Ug=="),
        "our own authorities, not the server's"
    );
}

#[test]
fn a_pod_that_does_not_ask_carries_no_bundle() {
    let patched = inject(&pod(&[("env", "DB_URL")])).unwrap().pod;
    assert!(!patched.to_string().contains("bundle"), "{patched}");
}
