use super::*;

const TEXT: &str = "# ours
apiVersion: coffer.dev/v1alpha1
kind: VaultSecret
metadata:
  name: web
spec:
  vaultRef: {name: app}
  data:
    # the old one
    OLD: {sealed: \"coffer-seal:v1:x\"}
    LONG:
      # of the second server
      sealed: coffer-seal:v1:y

    MADE:
      generate: {type: uuid} # stays
  deletionPolicy: Delete
";

fn manifest(text: &str) -> Manifest {
    let documents = documents(text);
    let object = documents[0].value().unwrap().unwrap();
    Manifest {
        path: "web.yaml".into(),
        documents,
        at: 0,
        object,
    }
}

fn with(text: &str, key: &str) -> Result<String, Failure> {
    manifest(text).with(key, "coffer-seal:v1:z")
}

#[test]
fn a_new_entry_comes_last_and_everything_else_stays() {
    let written = with(TEXT, "NEW").unwrap();
    let expected = TEXT.replace(
        "  deletionPolicy",
        "    NEW:\n      sealed: coffer-seal:v1:z\n  deletionPolicy",
    );
    assert_eq!(written, expected);
}

#[test]
fn a_sealed_entry_is_replaced_in_its_place() {
    let old = with(TEXT, "OLD").unwrap();
    assert_eq!(
        old,
        TEXT.replace(
            "    OLD: {sealed: \"coffer-seal:v1:x\"}\n",
            "    OLD:\n      sealed: coffer-seal:v1:z\n"
        )
    );
    let long = with(TEXT, "LONG").unwrap();
    assert!(
        long.contains("    LONG:\n      sealed: coffer-seal:v1:z\n\n    MADE:"),
        "{long}"
    );
}

#[test]
fn another_source_is_not_overwritten() {
    let refused = with(TEXT, "MADE").unwrap_err().to_string();
    assert!(refused.contains("the source generate"), "{refused}");
}

#[test]
fn the_other_documents_stay_and_an_empty_map_is_opened() {
    let text = format!("kind: VaultSecret\nspec:\n  data: {{}}\n---\n{TEXT}");
    let written = with(&text, "A/B.c").unwrap();
    assert_eq!(
        written,
        format!("kind: VaultSecret\nspec:\n  data:\n    A/B.c:\n      sealed: coffer-seal:v1:z\n---\n{TEXT}")
    );
}

#[test]
fn what_cannot_be_edited_is_left_alone() {
    for text in [
        "{kind: VaultSecret, spec: {data: {A: {sealed: x}}}}",
        "kind: VaultSecret\nspec: {data: {A: {sealed: x}}}\n",
        "kind: VaultSecret\nspec:\n  data: {A: {sealed: x}}\n",
    ] {
        let refused = with(text, "B").unwrap_err().to_string();
        assert!(refused.contains("leave out -f"), "{text}: {refused}");
    }
}

#[test]
fn the_place_is_the_manifests_and_a_contradiction_is_told() {
    let manifest = manifest(TEXT);
    let said = |vault: Option<&str>| Said {
        vault: vault.map(str::to_owned),
        name: "A".into(),
        ..Said::default()
    };
    let whole = manifest.complete(said(None)).unwrap();
    assert_eq!(
        (whole.vault.as_deref(), whole.environment.as_deref()),
        (Some("app"), Some("default"))
    );
    let refused = manifest.complete(said(Some("other"))).unwrap_err().to_string();
    assert!(refused.contains("vault app"), "{refused}");
}
