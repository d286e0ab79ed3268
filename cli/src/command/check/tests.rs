use coffer_domain::{
    address::Reference,
    seal::{SealingPair, VaultPublicKey, seal},
};
use coffer_store::SystemEntropy;

use super::*;

const SOUND: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: coffer.dev/v1alpha1
  kind: Vault
  metadata: {name: app}
  spec: {environments: [production], access: [{serviceAccounts: [web]}], keyRotation: {schedule: "0 3 1 * *"}}
- apiVersion: v1
  kind: Secret
  metadata: {name: database}
  stringData: {password: x}
---
apiVersion: coffer.dev/v1alpha1
kind: VaultSecret
metadata: {name: web}
spec:
  vaultRef: {name: app}
  environment: production
  data:
    PASSWORD: {generate: {type: password}}
    COPY: {secretKeyRef: {name: database, key: password}}
  rotation: {schedule: "0 3 * * 0", timeZone: Europe/Berlin}
  sync: {secretName: web, template: {url: "postgres://{{ PASSWORD }}"}}
---
apiVersion: coffer.dev/v1alpha1
kind: ApiKey
metadata: {name: ci}
spec: {vaultRef: {name: app}, environment: production, scopes: ["secrets:read"], rotation: {every: 30d}, writeTo: {secretName: ci}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        coffer.dev/inject: "true"
        coffer.dev/vault: app
        coffer.dev/environment: production
        coffer.dev/env: PASSWORD
    spec:
      serviceAccountName: web
      containers: [{name: web, image: web:1}]
"#;

fn findings(text: &str, keys: Vec<VaultPublicKey>) -> Vec<Finding> {
    let (mut report, mut objects) = (Report::default(), Objects::new("team"));
    take("all.yaml", text, &mut objects, &mut report);
    ours::check(&objects, &mut report);
    references::check(&objects, &mut report);
    seals::check(&objects, &Keys::new(keys), &mut report);
    pods::check(&objects, &mut report);
    report.sorted()
}

/// What is found after one change.
fn changed(from: &str, to: &str) -> Vec<Finding> {
    assert!(SOUND.contains(from), "{from}");
    findings(&SOUND.replacen(from, to, 1), Vec::new())
}

#[test]
fn what_is_sound_is_told_so() {
    let found = findings(SOUND, Vec::new());
    assert!(found.is_empty(), "{found:#?}");
}

/// A change to what is sound, and what is said of it.
type Fault = (&'static str, &'static str, Level, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    (
        "environment: production\n  data",
        "enviroment: production\n  data",
        Level::Error,
        "VaultSecret team/web",
        "unknown field",
    ),
    (
        "environment: production\n  data",
        "environment: prodution\n  data",
        Level::Error,
        "VaultSecret team/web",
        "did you mean production?",
    ),
    (
        "vaultRef: {name: app}\n  env",
        "vaultRef: {name: ap}\n  env",
        Level::Error,
        "VaultSecret team/web",
        "did you mean app?",
    ),
    (
        "vaultRef: {name: app}\n  env",
        "vaultRef: {name: elsewhere}\n  env",
        Level::Warning,
        "VaultSecret team/web",
        "in these files",
    ),
    (
        "0 3 * * 0",
        "61 3 * * 0",
        Level::Error,
        "VaultSecret team/web",
        "spec.rotation.schedule: ",
    ),
    (
        "Europe/Berlin",
        "Europe/Atlantis",
        Level::Error,
        "VaultSecret team/web",
        "spec.rotation.timeZone: ",
    ),
    (
        "0 3 1 * *",
        "0 25 1 * *",
        Level::Error,
        "Vault team/app",
        "spec.keyRotation.schedule: ",
    ),
    (
        "{{ PASSWORD }}",
        "{{ PASWORD }}",
        Level::Error,
        "VaultSecret team/web",
        "did you mean PASSWORD?",
    ),
    (
        "{{ PASSWORD }}",
        "{{ PASSWORD",
        Level::Error,
        "VaultSecret team/web",
        "spec.sync.template.url: line 1",
    ),
    (
        "key: password",
        "key: pasword",
        Level::Error,
        "VaultSecret team/web",
        "did you mean password?",
    ),
    (
        "name: database, key",
        "name: databse, key",
        Level::Warning,
        "VaultSecret team/web",
        "did you mean database?",
    ),
    (
        "type: password",
        "type: pasword",
        Level::Error,
        "VaultSecret team/web",
        "Unsupported value",
    ),
    (
        "{generate: {type: password}}",
        "{generate: {type: uuid, length: 9}}",
        Level::Error,
        "VaultSecret team/web",
        "generate.length belongs to",
    ),
    (
        "environment: production, scopes",
        "environment: staging, scopes",
        Level::Error,
        "ApiKey team/ci",
        "no environment staging",
    ),
    (
        "coffer.dev/env:",
        "coffer.dev/evn:",
        Level::Error,
        "Deployment team/web",
        "there is no such annotation",
    ),
    (
        "coffer.dev/env: PASSWORD",
        "coffer.dev/env: PASWORD",
        Level::Warning,
        "Deployment team/web",
        "PASSWORD",
    ),
    (
        "serviceAccountName: web",
        "serviceAccountName: other",
        Level::Warning,
        "Deployment team/web",
        "does not let service account other",
    ),
    (
        "coffer.dev/inject: \"true\"",
        "coffer.dev/inject: \"yes\"",
        Level::Error,
        "Deployment team/web",
        "neither",
    ),
    (
        "coffer.dev/v1alpha1\nkind: ApiKey",
        "coffer.dev/v1\nkind: ApiKey",
        Level::Error,
        "ApiKey team/ci",
        "the version is coffer.dev/v1alpha1",
    ),
    (
        "kind: ApiKey",
        "kind: ApiKeys",
        Level::Error,
        "ApiKeys team/ci",
        "there is no kind",
    ),
];

#[test]
fn each_fault_is_found_where_it_is() {
    for &(from, to, level, object, words) in FAULTS {
        let found = changed(from, to);
        let hit = found
            .iter()
            .any(|it| it.level == level && it.object == object && it.message.contains(words));
        assert!(hit, "{to}: {found:#?}");
    }
}

#[test]
fn a_key_of_two_objects_and_an_object_in_two_files_are_told() {
    let twice = format!("{SOUND}---\n{}", SOUND.split("---").nth(1).unwrap());
    let found = findings(&twice, Vec::new());
    assert!(
        found.iter().any(|it| it.message.contains("also in all.yaml:")),
        "{found:#?}"
    );
    let found = findings(
        &twice.replacen("metadata: {name: web}", "metadata: {name: first}", 1),
        Vec::new(),
    );
    assert!(
        found
            .iter()
            .any(|it| it.message.contains("spec.data.PASSWORD: VaultSecret first")),
        "{found:#?}"
    );
}

#[test]
fn what_is_no_yaml_is_told_with_its_line() {
    let found = findings("a: 1\n---\n{", Vec::new());
    assert_eq!((found.len(), found[0].line), (1, 2), "{found:#?}");
}

#[test]
fn seals_are_held_against_their_place_and_the_key_given() {
    let entropy = SystemEntropy::checked().unwrap();
    let (pair, other) = (SealingPair::generate(&entropy), SealingPair::generate(&entropy));
    let public = |pair: &SealingPair| VaultPublicKey {
        organization: "team".parse().unwrap(),
        vault: "app".parse().unwrap(),
        key: pair.public(),
    };
    let sealed = |address: &str| {
        let reference: Reference = address.parse().unwrap();
        seal(&entropy, &pair.public(), &reference.address, &"x".into())
            .unwrap()
            .to_string()
    };
    let with = |text: &str| SOUND.replace("{generate: {type: password}}", &format!("{{sealed: \"{text}\"}}"));
    let with =
        |text: &str| with(text).replace("rotation: {schedule: \"0 3 * * 0\", timeZone: Europe/Berlin}", "");
    let good = with(&sealed("coffer://team/app/production/PASSWORD"));
    assert_eq!(findings(&good, vec![public(&pair)]), []);
    let found = findings(&good, vec![public(&other)]);
    assert!(found.len() == 1 && found[0].level == Level::Warning, "{found:#?}");
    for (address, words) in [
        (
            "coffer://other/app/production/PASSWORD",
            "sealed for namespace other",
        ),
        (
            "coffer://team/app/default/PASSWORD",
            "sealed for environment default",
        ),
        ("coffer://team/app/production/COPY", "sealed for key COPY"),
    ] {
        let found = findings(&with(&sealed(address)), vec![public(&pair)]);
        assert!(found.len() == 1 && found[0].message.contains(words), "{found:#?}");
    }
}

#[test]
fn the_definition_takes_the_longest_that_there_is() {
    let schema = coffer_crds::check::schema_of("VaultSecret").unwrap();
    let entry = &schema["properties"]["spec"]["properties"]["data"]["additionalProperties"];
    let most = &entry["properties"]["sealed"]["maxLength"];
    assert_eq!(most.as_u64(), u64::try_from(coffer_domain::seal::LONGEST).ok());
}

#[test]
fn warnings_fail_only_where_that_was_asked_for() {
    let finding = |level| Finding {
        file: "f".into(),
        line: 1,
        level,
        object: String::new(),
        message: String::new(),
    };
    assert!(verdict(&[], true).is_ok());
    assert!(verdict(&[finding(Level::Warning)], false).is_ok());
    assert!(verdict(&[finding(Level::Warning)], true).is_err());
    assert!(verdict(&[finding(Level::Error)], false).is_err());
}
