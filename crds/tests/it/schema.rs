//! What holds of every generated definition.

use std::{fs, path::Path};

use crate::support::{definition_of, schema_of};
use serde_json::{Value, json};

const KINDS: [&str; 3] = ["Vault", "VaultSecret", "ApiKey"];

/// Calls `see` with the path and schema of every field.
fn walk(schema: &Value, path: &str, see: &mut impl FnMut(&str, &Value)) {
    see(path, schema);
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        walk(child, &format!("{path}.{name}"), see);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(child) = schema.get(key) {
            walk(child, &format!("{path}{mark}"), see);
        }
    }
}

fn every_field(mut see: impl FnMut(&str, &Value)) {
    for kind in KINDS {
        walk(&schema_of(kind), kind, &mut see);
    }
}

#[test]
fn nothing_but_an_unseen_status_is_defaulted_and_nothing_is_nullable() {
    let mut fields = 0;
    every_field(|path, schema| {
        fields += 1;
        let unseen = json!({"observedGeneration": -1});
        let is_status = path
            .strip_suffix(".status")
            .is_some_and(|kind| KINDS.contains(&kind));
        let default = is_status.then_some(&unseen);
        assert_eq!(schema.get("default"), default, "{path}");
        assert!(schema.get("nullable").is_none(), "{path}");
        assert!(
            schema.get("x-kubernetes-preserve-unknown-fields").is_none(),
            "{path}"
        );
    });
    assert!(fields > 100, "{fields}");
}

#[test]
fn every_field_is_explained_in_paragraphs() {
    every_field(|path, schema| {
        // Items of a list or map are explained by the field that holds them.
        if path.ends_with("[]") || path.ends_with("{}") {
            return;
        }
        let words = schema["description"].as_str().unwrap_or_default();
        assert!(words.len() > 8, "{path}: {words:?}");
        assert!(!words.replace("\n\n", "").contains('\n'), "{path}: {words:?}");
    });
}

#[test]
fn every_list_of_a_spec_and_every_text_in_it_is_bounded() {
    every_field(|path, schema| {
        if !path.contains(".spec") {
            return;
        }
        match schema["type"].as_str() {
            Some("array") => {
                assert!(schema["maxItems"].is_u64(), "{path}");
                assert!(schema["x-kubernetes-list-type"].is_string(), "{path}");
            }
            // The texts of templates are bounded by the size of the object.
            Some("string") if !path.ends_with(".template{}") => {
                assert!(
                    schema["maxLength"].is_u64() || schema["enum"].is_array(),
                    "{path}"
                );
            }
            _ => {}
        }
    });
}

#[test]
fn only_known_formats_are_used() {
    every_field(|path, schema| {
        let format = schema["format"].as_str().unwrap_or("int64");
        assert!(
            ["int32", "int64", "date-time"].contains(&format),
            "{path}: {format}"
        );
    });
}

#[test]
fn columns_show_what_exists_and_no_date_lies_ahead() {
    for kind in KINDS {
        let definition = definition_of(kind);
        let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"]
            .as_array()
            .unwrap()
            .clone();
        let names: Vec<_> = columns
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            (names[0], names[1], *names.last().unwrap()),
            ("Ready", "Reason", "Age"),
            "{kind}"
        );
        for column in &columns {
            let path = column["jsonPath"].as_str().unwrap();
            assert!(exists(&schema_of(kind), path), "{kind}: {path}");
            let ahead = ["expiresAt", "nextRotation"]
                .iter()
                .any(|name| path.ends_with(name));
            assert!(!ahead || column["type"] == "string", "{kind}: {path}");
        }
    }
}

/// Whether the schema has the field of a column's path.
fn exists(schema: &Value, path: &str) -> bool {
    let path = path.trim_start_matches('.');
    if path == "metadata.creationTimestamp" || path.starts_with("status.conditions[?(@.type==") {
        return true;
    }
    path.split('.')
        .try_fold(schema, |schema, name| schema["properties"].get(name))
        .is_some()
}

#[test]
fn names_are_short_and_each_kind_has_its_own() {
    let mut seen = Vec::new();
    for kind in KINDS {
        let names = definition_of(kind)["spec"]["names"].take();
        assert_eq!(names["categories"][0], "coffer");
        seen.push(names["shortNames"][0].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["cfv", "cfs", "cfk"]);
}

#[test]
fn the_manifests_say_what_the_definitions_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    for (kind, manifest) in KINDS.iter().zip(coffer_crds::manifests().unwrap()) {
        let written = fs::read_to_string(directory.join(&manifest.file)).unwrap();
        assert!(
            written == manifest.yaml,
            "{} is stale: run `cargo xtask generate`",
            manifest.file
        );
        let read: Value = serde_saphyr::from_str(&manifest.yaml).unwrap();
        assert_eq!(read, definition_of(kind), "{kind}");
    }
}
