//! A push to a vault with more secrets than a page holds.

use std::path::PathBuf;

use coffer_api_server::{http::settings::DoorSettings, keyway::Args};
use coffer_domain::{
    address::Place,
    name::{EnvName, OrgName, SecretName, VaultName},
    secret_value::SecretValue,
    usecase::{Caller, MAX_PAGE, secrets::KEPT_IN_TRASH},
};
use serde_json::{Value, json};

use crate::support::{Choices, Reply, TestServer};

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/acceptance/keyway/directory.json"
);

async fn post(server: &TestServer, path: &str, body: Value) -> Reply {
    let url = format!("http://{}/keyway/v1{path}", server.address);
    let request = server.http.post(url).bearer_auth("ghp_admin").json(&body);
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_push_knows_the_names_of_another_door_however_many_come_before() {
    let args = Args {
        keyway_directory: Some(PathBuf::from(DIRECTORY)),
        ..Args::default()
    };
    let server = TestServer::with(Choices {
        doors: DoorSettings {
            keyway: args.settings(),
            ..DoorSettings::default()
        },
        ..Choices::default()
    })
    .await;
    post(&server, "/vaults", json!({"repoFullName": "owner/repo"}))
        .await
        .expect(201);
    let place = Place {
        organization: OrgName::new("owner").unwrap(),
        vault: VaultName::new("repo").unwrap(),
        environment: EnvName::new("local").unwrap(),
    };
    let numbered = (0..=MAX_PAGE).map(|number| format!("K{number:04}"));
    let values: Vec<_> = numbered
        .chain(["z/app".to_owned()])
        .map(|name| (SecretName::new(name).unwrap(), SecretValue::from("x")))
        .collect();
    server
        .coffer
        .replace_environment(&Caller::controller(), &place, &values, KEPT_IN_TRASH)
        .await
        .unwrap();
    let push = |secrets: Value| {
        let body = json!({"repoFullName": "owner/repo", "environment": "local", "secrets": secrets});
        post(&server, "/secrets/push", body)
    };
    let unknown = push(json!({"z/other": "y"})).await.expect(400);
    assert_eq!(unknown["errors"][0]["field"], "secrets");
    let known = push(json!({"z/app": "y"})).await.expect(200);
    let stats = json!({"created": 0, "updated": 1, "deleted": MAX_PAGE + 1});
    assert_eq!(known["data"]["stats"], stats);
}
