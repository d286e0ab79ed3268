//! Manifests as those programs' pages have them, in our words; and our words again, which stay as they are.

use std::path::PathBuf;

use super::*;

/// What is printed of one file, and what is said of it.
fn migrated(text: &str) -> (Vec<Value>, Vec<Finding>) {
    let args = MigrateArgs {
        paths: vec![PathBuf::from("-")],
        organization: "team".to_owned(),
        vault: "app".to_owned(),
        environment: "default".to_owned(),
    };
    let (mut all, mut report) = (Vec::new(), Report::default());
    take("all.yaml", text, &mut all, &mut report);
    let printed: String = migrate(&all, &args, &mut report)
        .iter()
        .map(Migrated::text)
        .collect();
    // What is printed is what is looked at.
    let objects = documents(&printed)
        .iter()
        .filter_map(|it| it.value().unwrap())
        .collect();
    (objects, report.sorted())
}

fn said(notes: &[Finding], level: Level, text: &str) -> bool {
    notes
        .iter()
        .any(|note| note.level == level && note.message.contains(text))
}

#[test]
fn references_become_whole_addresses_and_the_pod_opts_in() {
    let (objects, notes) = migrated(
        r#"
apiVersion: coffer.dev/v1alpha1
kind: Vault
metadata: {name: app}
spec: {environments: [production], references: [{prefix: "vault:secret/data/shop", environment: production}, {prefix: "op://Shop", environment: production}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        vault.security.banzaicloud.io/vault-addr: https://vault:8200
        vault.security.banzaicloud.io/vault-role: web
    spec:
      containers:
      - name: web
        image: web:1
        env:
        - {name: DB_PASSWORD, value: "vault:secret/data/shop/db#password"}
        - {name: PIN, value: "op://Shop/card/pin"}
        - {name: LOG, value: info}
        - {name: DYNAMIC, value: ">>vault:database/creds/web#password"}
"#,
    );
    let pod = &objects[1]["spec"]["template"];
    assert_eq!(
        pod["metadata"]["annotations"],
        json!({ "coffer.dev/inject": "true", "coffer.dev/vault": "app", "coffer.dev/environment": "production" })
    );
    let env = &pod["spec"]["containers"][0]["env"];
    assert_eq!(env[0]["value"], "coffer://team/app/production/db/password");
    assert_eq!(env[1]["value"], "coffer://team/app/production/card/pin");
    assert_eq!(env[3]["value"], ">>vault:database/creds/web#password");
    assert!(
        said(
            &notes,
            Level::Error,
            "container web, variable DYNAMIC: it writes to Vault"
        ),
        "{notes:#?}"
    );
    assert!(
        said(
            &notes,
            Level::Warning,
            "vault-addr: dropped: the server's address"
        ),
        "{notes:#?}"
    );
    assert!(
        said(&notes, Level::Warning, "vault-role: dropped: spec.access"),
        "{notes:#?}"
    );
}

#[test]
fn config_maps_are_followed() {
    let (objects, notes) = migrated(
        r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {TOKEN: "vault:secret/data/app#token", LOG: info}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: job:1, envFrom: [{configMapRef: {name: settings}}]}]}}}}
"#,
    );
    assert_eq!(
        objects[0]["data"],
        json!({ "TOKEN": "coffer://team/secret/default/app#token", "LOG": "info" })
    );
    let annotations = &objects[1]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(
        *annotations,
        json!({ "coffer.dev/inject": "true", "coffer.dev/vault": "secret" })
    );
    assert!(
        said(&notes, Level::Warning, "references.configMaps=true"),
        "{notes:#?}"
    );
}

#[test]
fn vault_k8s_annotations_become_files() {
    let (objects, notes) = migrated(
        r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {reloader.stakater.com/auto: "true"}}
spec:
  template:
    metadata:
      annotations:
        vault.hashicorp.com/agent-inject: "true"
        vault.hashicorp.com/role: web
        vault.hashicorp.com/service: https://vault.example:8200
        vault.hashicorp.com/agent-inject-secret-config: secret/data/web/config
        vault.hashicorp.com/agent-inject-template-config: |
          {{- with secret "secret/data/web/config" -}}
          export API_KEY="{{ .Data.data.api_key }}"
          {{- end }}
    spec: {containers: [{name: web, image: web:1}]}
"#,
    );
    let annotations = &objects[0]["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["coffer.dev/vault"], "secret");
    assert_eq!(annotations["coffer.dev/on-change"], "restart");
    let file: Value =
        serde_saphyr::from_str(annotations["coffer.dev/file.config"].as_str().unwrap()).unwrap();
    assert_eq!(file["path"], "/vault/secrets/config");
    assert_eq!(
        file["template"],
        "export API_KEY=\"{{ secrets[\"web/config\"] | field(\"api_key\") }}\"\n"
    );
    assert!(
        annotations
            .as_object()
            .unwrap()
            .keys()
            .all(|key| key.starts_with("coffer.dev/")),
        "{annotations}"
    );
    assert_eq!(objects[0]["metadata"], json!({ "name": "web" }));
    assert!(
        said(&notes, Level::Warning, "service: ignored: the server's address"),
        "{notes:#?}"
    );
    assert!(said(&notes, Level::Warning, "role: no effect"), "{notes:#?}");

    // What is printed is taken by the injector.
    let mut objects_ = Objects::new("team");
    for object in objects {
        objects_.take("new.yaml", 1, object);
    }
    let mut report = Report::default();
    pods::check(&objects_, &mut report);
    let errors: Vec<_> = report
        .sorted()
        .into_iter()
        .filter(|it| it.level == Level::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn external_secrets_become_vault_secrets() {
    let (objects, notes) = migrated(
        r#"
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: bao}
spec: {provider: {vault: {server: "https://bao.example:8200", path: secret, version: v2}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  refreshInterval: 1h0m0s
  secretStoreRef: {name: bao, kind: SecretStore}
  target: {name: db-credentials}
  data:
  - {secretKey: password, remoteRef: {key: team-a/db, property: password}}
  - {secretKey: whole, remoteRef: {key: secret/data/team-a/db, version: "3"}}
---
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: aws}
spec:
  secretStoreRef: {name: aws}
  dataFrom: [{extract: {key: all}}]
  data: [{secretKey: token, remoteRef: {key: token}}]
"#,
    );
    assert_eq!(
        objects[1]["spec"],
        json!({
            "vaultRef": { "name": "app" }, "sync": { "secretName": "db-credentials" },
            "data": {
                "password": { "remote": { "uri": "openbao+kv2://secret/team-a/db#password", "refreshEvery": "1h" } },
                "whole": { "remote": { "uri": "openbao+kv2://secret/team-a/db?version=3", "refreshEvery": "1h" } },
            },
        })
    );
    assert_eq!(objects[2]["spec"]["data"], json!({ "token": { "external": {} } }));
    assert_eq!(objects[2]["spec"]["sync"], json!({ "secretName": "aws" }));
    assert!(
        said(&notes, Level::Warning, "remote.url=https://bao.example:8200"),
        "{notes:#?}"
    );
    assert!(
        said(&notes, Level::Error, "spec.dataFrom: its keys are not known here"),
        "{notes:#?}"
    );
    for object in &objects[1..] {
        let mut object = object.clone();
        assert_eq!(
            coffer_crds::check::complaints("VaultSecret", &mut object, None),
            Vec::<String>::new()
        );
    }
}

#[test]
fn one_password_annotations_and_restarters_are_translated() {
    let (objects, notes) = migrated(
        r#"
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  annotations:
    operator.1password.io/item-path: vaults/a/items/b
    secret.reloader.stakater.com/reload: "db"
    configmap.reloader.stakater.com/reload: "c"
spec:
  template:
    metadata: {annotations: {operator.1password.io/inject: "app", operator.1password.io/version: "2"}}
    spec: {containers: [{name: app, image: a, env: [{name: A, value: "op://team-vault/db/password"}]}, {name: other, image: b, env: [{name: B, value: "op://x/y/z"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain, annotations: {reloader.stakater.com/auto: "true"}}
spec: {template: {spec: {containers: [{name: app, image: a}]}}}
"#,
    );
    let annotations = &objects[0]["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(
        *annotations,
        json!({ "coffer.dev/inject": "true", "coffer.dev/containers": "app", "coffer.dev/vault": "team-vault", "coffer.dev/on-change": "restart" })
    );
    let containers = &objects[0]["spec"]["template"]["spec"]["containers"];
    assert_eq!(
        containers[0]["env"][0]["value"],
        "coffer://team/team-vault/default/db/password"
    );
    assert_eq!(containers[1]["env"][0]["value"], "op://x/y/z");
    assert!(
        said(
            &notes,
            Level::Warning,
            "configmap.reloader.stakater.com/reload: kept"
        ),
        "{notes:#?}"
    );
    assert!(
        said(
            &notes,
            Level::Warning,
            "reloader.stakater.com/auto: kept: nothing is injected"
        ),
        "{notes:#?}"
    );
    assert_eq!(
        objects[1]["metadata"]["annotations"],
        json!({ "reloader.stakater.com/auto": "true" })
    );
}

#[test]
fn what_is_ours_or_nobodys_is_printed_as_it_is() {
    let text = "# a remark\napiVersion: v1\nkind: Service\nmetadata: {name: web} # another\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {annotations: {coffer.dev/inject: \"true\", coffer.dev/vault: app, coffer.dev/env: A}}\n    spec: {containers: [{name: web, image: w}]}\n";
    let args = MigrateArgs {
        paths: Vec::new(),
        organization: "team".to_owned(),
        vault: "app".to_owned(),
        environment: "default".to_owned(),
    };
    let (mut all, mut report) = (Vec::new(), Report::default());
    take("all.yaml", text, &mut all, &mut report);
    let printed: String = migrate(&all, &args, &mut report)
        .iter()
        .map(Migrated::text)
        .collect();
    assert_eq!(printed, format!("---\n{text}"));
    assert!(report.sorted().is_empty());
}
