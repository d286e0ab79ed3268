//! Pods as the users of vault-k8s have them.

use std::sync::Arc;

use coffer_injector::{
    metrics::Metrics, server::Injector, settings::Injection, trust::Bundle, watch::Shared,
};
use serde_json::{Value, json};

use crate::{
    familiar::known,
    support::{config, inject_with, injector_over, pod, says, settings},
};

/// A pod as vault-k8s' users have it: none of its annotations is ours.
fn of_vault_k8s(more: &[(&str, &str)]) -> Value {
    let mut pod = pod(&[]);
    let mut all = json!({
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/role": "web",
        "vault.hashicorp.com/agent-inject-secret-db.env": "secret/data/app/db",
        "vault.hashicorp.com/agent-inject-template-db.env":
            "{{ with secret \"secret/data/app/db\" }}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }}\n{{ end }}{{ end }}",
    });
    for (key, value) in more {
        all[*key] = json!(value);
    }
    pod["metadata"]["annotations"] = all;
    pod
}

fn taking_vault_k8s() -> Arc<Injector> {
    let known_ = Shared::default();
    *known_.write() = known();
    let settings = Injection {
        vault_k8s: true,
        ..settings()
    };
    let (trust, authorities) = (Bundle::default(), Bundle::default());
    Arc::new(Injector::new(
        settings,
        trust,
        authorities,
        known_,
        Arc::new(Metrics::new().unwrap()),
    ))
}

#[test]
fn annotations_of_vault_k8s_become_files_where_that_is_switched_on() {
    let pod = of_vault_k8s(&[
        ("vault.hashicorp.com/service", "https://evil.example"),
        ("vault.hashicorp.com/agent-image", "evil"),
    ]);
    let unasked = inject_with(&injector_over(known()), &pod).unwrap();
    assert!(unasked.patch.is_none(), "off by default");

    let allowed = inject_with(&taking_vault_k8s(), &pod).unwrap();
    let config = config(&allowed.pod);
    assert_eq!(
        (config.vault.as_str(), config.environment.as_str()),
        ("secret", "default")
    );
    let expected = json!([{ "dir": "/run/coffer/files/0", "name": "db.env", "mode": 0o644, "content": {
        "template": "{{ secrets[\"app/db\"] | each(\"{key}={value}\\n\") }}",
    } }]);
    assert_eq!(json!(config.files), expected);
    let mounts = &allowed.pod["spec"]["containers"][0]["volumeMounts"];
    assert_eq!(
        mounts[1],
        json!({ "name": "coffer-files-0", "mountPath": "/vault/secrets", "readOnly": true })
    );
    let annotations = &allowed.pod["metadata"]["annotations"];
    assert_eq!(annotations["vault.hashicorp.com/agent-inject-status"], "injected");
    assert_eq!(annotations["coffer.dev/status"], "injected");
    let all = allowed.warnings.join("\n");
    says(
        &all,
        &["agent-image: ignored", "service: ignored", "role: no effect"],
    );
    assert!(!agent_is_from(&allowed.pod, "evil"));
    // Asked again, as after another webhook's change: nothing.
    assert!(
        inject_with(&taking_vault_k8s(), &allowed.pod)
            .unwrap()
            .patch
            .is_none()
    );
}

fn agent_is_from(pod: &Value, text: &str) -> bool {
    pod["spec"]["initContainers"][0].to_string().contains(text)
}

#[test]
fn annotations_of_vault_k8s_that_cannot_be_kept_are_refused_by_name() {
    for (key, value, expected) in [
        (
            "agent-inject-command-db.env",
            "/bin/reload",
            "agent-inject-command-db.env: no command is run",
        ),
        (
            "agent-inject-token",
            "true",
            "agent-inject-token: it is not translated",
        ),
        (
            "agent-inject-template-x",
            "{{ key \"app/x\" }}",
            "agent-inject-template-x: there is no translation of it: key",
        ),
        ("agent-inject", "yes", "agent-inject: \"yes\" is neither"),
    ] {
        let pod = of_vault_k8s(&[(&format!("vault.hashicorp.com/{key}"), value)]);
        says(&inject_with(&taking_vault_k8s(), &pod).unwrap_err(), &[expected]);
    }
    // One that says in our words that nothing is to be injected.
    let off = of_vault_k8s(&[("coffer.dev/inject", "false")]);
    assert!(inject_with(&taking_vault_k8s(), &off).unwrap().patch.is_none());
}
