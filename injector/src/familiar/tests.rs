//! What of a pod's variables is taken for a reference, and what kubelet would make of the rest.

use serde_json::{Value, json};

use super::*;
use crate::{
    annotation,
    familiar::config_map::Map,
    known::{Index, Reader},
    pod::choice,
};

const READER: Reader<'static> = Reader {
    namespace: "team",
    service_account: "web",
};

/// `name` or `name?` for a missing one, with its data.
fn maps(all: &[(&str, &[(&str, &str)])]) -> ConfigMaps {
    let mut maps = ConfigMaps::default();
    for (name, data) in all {
        let owned = data.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        match name.strip_suffix('?') {
            Some(missing) => maps.put(missing.to_owned(), Map::Missing),
            None => maps.put((*name).to_owned(), Map::of(owned)),
        }
    }
    maps
}

#[expect(clippy::needless_pass_by_value, reason = "callers write it with json!")]
fn found(
    annotations: Value,
    containers: Value,
    maps: &ConfigMaps,
) -> Result<(Vec<String>, Vec<String>), String> {
    let text = json!({ "metadata": { "annotations": annotations }, "spec": { "containers": containers } })
        .to_string();
    let pod: Pod<'_> = serde_json::from_str(&text).unwrap();
    let asked = annotation::asked(&pod.metadata, "team").unwrap();
    let chosen = choice::choose(&pod, asked.containers.as_deref()).unwrap();
    let known = Index::default();
    let ground = Ground {
        vault: asked.vault.as_ref(),
        known: &known,
        reader: READER,
    };
    let references = resolve(&pod, &chosen, &asked, ground, maps).map_err(|denied| denied.to_string())?;
    let shown = |it: &Referred| {
        let field = it.field.as_deref().unwrap_or("-");
        format!("{}:{} {:?} {} {field}", it.container, it.name, it.at, it.secret)
    };
    Ok((
        references.variables.iter().map(shown).collect(),
        references.warnings,
    ))
}

#[test]
fn env_goes_before_env_from_and_the_later_of_two_wins() {
    let maps = maps(&[
        (
            "one",
            &[
                ("A", "vault:kv/one#a"),
                ("B", "vault:kv/one#b"),
                ("C", "vault:kv/one#c"),
                ("D", "plain"),
            ],
        ),
        ("two", &[("B", "plain"), ("D", "vault:kv/two#d")]),
    ]);
    let containers = json!([{
        "name": "web",
        "env": [
            { "name": "A", "value": "mine" },
            { "name": "E", "value": "vault:kv/x#e" },
            { "name": "F", "valueFrom": { "configMapKeyRef": { "name": "one", "key": "C" } } },
            { "name": "G", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
            { "name": "H", "valueFrom": { "configMapKeyRef": { "name": "one", "key": "none", "optional": true } } },
        ],
        "envFrom": [
            { "configMapRef": { "name": "one" } }, { "configMapRef": { "name": "two" } },
            { "prefix": "P_", "configMapRef": { "name": "one" } },
        ],
    }]);
    let (found, warnings) = found(json!({}), containers, &maps).unwrap();
    assert_eq!(
        found,
        [
            "web:E Entry(1) x e",
            "web:F Entry(2) one c",
            "web:C EnvFrom one c",
            "web:D EnvFrom two d",
            "web:P_A EnvFrom one a",
            "web:P_B EnvFrom one b",
            "web:P_C EnvFrom one c",
        ]
    );
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn optional_config_maps_may_be_missing_and_others_may_not() {
    let from = |optional: bool| json!([{ "name": "web", "envFrom": [{ "configMapRef": { "name": "later", "optional": optional } }] }]);
    let key = |optional: bool| {
        let reference = json!({ "name": "there", "key": "none", "optional": optional });
        json!([{ "name": "web", "env": [{ "name": "A", "valueFrom": { "configMapKeyRef": reference } }] }])
    };
    let maps = maps(&[("later?", &[]), ("there", &[("A", "plain")])]);
    for optional in [from(true), key(true)] {
        assert_eq!(found(json!({}), optional, &maps), Ok((vec![], vec![])));
    }
    let said = found(json!({}), from(false), &maps).unwrap_err();
    assert!(
        said.starts_with("container web, envFrom: ConfigMap later does not exist yet"),
        "{said}"
    );
    let said = found(json!({}), key(false), &maps).unwrap_err();
    assert!(
        said.starts_with("container web, variable A: ConfigMap there has no key none"),
        "{said}"
    );
    // Unless ConfigMaps are read, nothing is known of any.
    assert_eq!(
        found(json!({}), from(false), &ConfigMaps::default()),
        Ok((vec![], vec![]))
    );
}

#[test]
fn a_literal_that_begins_like_a_reference_is_kept_where_its_author_says_so() {
    let containers = json!([{ "name": "web", "env": [{ "name": "A", "value": "op://x" }, { "name": "B", "value": "vault:k/v#x" }] }]);
    let said = found(json!({}), containers.clone(), &ConfigMaps::default()).unwrap_err();
    assert!(
        said.contains("container web, variable A: ") && said.contains("coffer.dev/literals: A"),
        "{said}"
    );
    let (left, _) = found(
        json!({ "coffer.dev/literals": "A, C" }),
        containers.clone(),
        &ConfigMaps::default(),
    )
    .unwrap();
    assert_eq!(left, ["web:B Entry(1) v x"]);
    let (left, _) = found(
        json!({ "coffer.dev/literals": "*" }),
        containers,
        &ConfigMaps::default(),
    )
    .unwrap();
    assert!(left.is_empty());
}

#[test]
fn what_is_not_replaced_is_told() {
    let containers = json!([
        { "name": "web", "envFrom": [{ "configMapRef": { "name": "m" } }, { "secretRef": { "name": "s" } }] },
        { "name": "side", "env": [{ "name": "A", "value": "vault:k/v#x" }] },
    ]);
    let maps = maps(&[("m", &[("A", "vault:k/v#x")])]);
    let (found, warnings) = found(json!({ "coffer.dev/containers": "web" }), containers, &maps).unwrap();
    assert_eq!(found, ["web:A EnvFrom v x"]);
    assert!(
        warnings[0].contains("a Secret after it in envFrom no longer wins"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].contains("container side, variable A") && warnings[1].contains("stays as it is"),
        "{warnings:?}"
    );
}

#[test]
fn a_pod_reads_one_environment_of_one_vault() {
    let two = |a: &str, b: &str| json!([{ "name": "web", "env": [{ "name": "A", "value": a }, { "name": "B", "value": b }] }]);
    let said = |annotations: Value, a: &str, b: &str| {
        found(annotations, two(a, b), &ConfigMaps::default()).unwrap_err()
    };
    let vaults = said(json!({}), "vault:one/a#k", "vault:two/a#k");
    assert!(
        vaults.contains("variable B: it is of Vault team/two, and an earlier one of team/one"),
        "{vaults}"
    );
    let environments = said(
        json!({}),
        "coffer://team/app/staging/A",
        "coffer://team/app/production/A",
    );
    assert!(
        environments.contains("it is of environment production, and the pod's is staging"),
        "{environments}"
    );
    let annotated = said(
        json!({ "coffer.dev/environment": "production" }),
        "vault:app/a#k",
        "coffer://team/app/staging/A",
    );
    assert!(
        annotated.contains("it is of environment staging, and the pod's is production"),
        "{annotated}"
    );
}
