//! Canonical's part, on a store, a Vault server and a YAML file.

use coffer_api_server::{
    canonical::{Args, DIALECT, provider::vault::VaultArgs},
    http::settings::DoorSettings,
};
use coffer_vault_server::Server;
use serde_json::{Value, json};

use super::{Door, ask, line::Answered};
use crate::support::{Choices, ORG, Reply, TestServer};

const FIELDS: [&str; 8] = [
    "uri",
    "value",
    "versions",
    "owner",
    "fromUri",
    "toUri",
    "operations",
    "continueOnError",
];

const VALUES: [&str; 14] = [
    "openbao+kv2://secret/a",
    "openbao+kv2://kept/a",
    "hashicorp+kv2://kept/b#k",
    "openbao+kv2://secret/a#k",
    "openbao+kv2://secret/a?version=1",
    "hashicorp+kv2://secret/b#k",
    "openbao+kv2://other/a",
    "openbao+kv2://secret//a",
    "openbao+kv2://secret/*",
    "yaml://secret/env",
    "yaml://secret/env#K",
    "aws+sm://secret/x",
    "secret/a",
    "true",
];

const QUERIES: [&str; 20] = [
    "?uri=openbao+kv2://kept/source&prefix=openbao+kv2://kept/&q=s",
    "?uri=openbao+kv2://kept/a%23k",
    "?uri=hashicorp+kv2://kept/a%23k&version=1",
    "?uri=openbao+kv2://kept/none&prefix=openbao+kv2://kept/none&q=a",
    "?uri=openbao+kv2://secret/source&prefix=openbao+kv2://secret/&q=s",
    "?uri=hashicorp+kv2://secret/source&prefix=hashicorp+kv2://secret/&q=s",
    "?uri=openbao+kv2://secret/target%23k&prefix=openbao+kv2://secret/target/",
    "?uri=yaml://secret/none&prefix=openbao+kv2://secret",
    "?uri=openbao+kv2://secret/a",
    "?uri=openbao+kv2://secret/a%23k",
    "?uri=openbao+kv2://secret/a%23k&version=1",
    "?uri=openbao+kv2://secret/a%23k?version=1&version=2",
    "?uri=openbao%2Bkv2%3A%2F%2Fsecret%2Fa&prefix=yaml://secret/env",
    "?uri=yaml://secret/env&prefix=yaml://secret/env/",
    "?uri=yaml://secret/env%23K&q=k&prefix=yaml://secret",
    "?uri=openbao+kv2://other/a&q=a&prefix=openbao+kv2://other/",
    "?q=a&prefix=openbao+kv2://secret/&uri=openbao+kv2://secret/none",
    "?q=%ff&mount=secret&prefix=env",
    "?uri=openbao+kv2://secret/a%2Fb",
    "?uri=openbao+kv2://secret/a&uri=openbao+kv2://secret/a",
];

/// A server with a secret, a file, and the mount `kept` in Vault. Streams are off: they have no end to wait for.
async fn world(file: &std::path::Path, vault: &Server) -> TestServer {
    vault.mount("kept").await.unwrap();
    std::fs::write(file, "secret:\n  env:\n    K: v\n").unwrap();
    let args = Args {
        canonical_environment: "dev".to_owned(),
        canonical_dev_endpoints: Some(false),
        canonical_tenant: ORG.parse().unwrap(),
        canonical_mounts: Some("secret,kept".to_owned()),
        vault: VaultArgs {
            canonical_vault_url: Some(vault.url().to_owned()),
            canonical_vault_mounts: vec!["kept".to_owned()],
            canonical_vault_token: Some(vault.token().parse().unwrap()),
            ..VaultArgs::default()
        },
        canonical_yaml: Some(file.to_owned()),
        ..Args::default()
    };
    let doors = DoorSettings {
        canonical: args.settings(),
        ..DoorSettings::default()
    };
    let server = TestServer::with(Choices {
        doors: doors.with_failures(None),
        ..Choices::default()
    })
    .await;
    let url = format!("http://{}/canonical/api/secrets", server.address);
    for name in [
        "secret/a",
        "secret/source",
        "secret/target",
        "kept/a",
        "kept/source",
    ] {
        let body = json!({"uri": format!("openbao+kv2://{name}"), "value": {"k": "v"}});
        let made = server.http.post(&url).bearer_auth(&server.admin).json(&body);
        Reply::of(made.send().await.unwrap()).await.expect(200);
    }
    server
}

fn body(method: &str, path: &str) -> Option<Value> {
    let uri = "openbao+kv2://secret/a";
    (method == "POST").then(|| match path.rsplit('/').next() {
        // Both are there, so that it is a conflict each time.
        Some("copy" | "move") => {
            json!({"fromUri": "openbao+kv2://secret/source", "toUri": "openbao+kv2://secret/target"})
        }
        Some("bulk") => json!({"operations": [{"op": "set", "uri": uri, "value": {"k": 1}}]}),
        Some("owner") => json!({"uri": uri, "owner": "somebody"}),
        Some("undelete" | "destroy-versions") => json!({"uri": uri, "versions": [999]}),
        _ => json!({"uri": format!("{uri}#k"), "value": "v"}),
    })
}

fn is_refusal(answer: &Answered) -> bool {
    let failure = answer.json();
    ["error", "code", "message"]
        .iter()
        .all(|member| failure[member].is_string())
        && failure["correlation_id"] == answer.header("x-correlation-id").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canonical_answers_twenty_thousand_generated_requests_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Server::start().await.unwrap();
    let server = world(&folder.path().join("dev.yaml"), &vault).await;
    let lists = server.key(&["secrets:list"]).await;
    let bearer = |token: &str| format!("authorization: Bearer {token}");
    let mut credentials = vec![bearer(&server.admin); 9];
    credentials.extend(vec![bearer(&lists); 5]);
    credentials.extend([bearer("eyJ.a.b"), bearer("coffer_guess"), String::new()]);
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/canonical"],
        credentials,
        concrete: Box::new(|_, path| Some(path.to_owned())),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body,
        is_refusal,
        reached: &[200, 400, 401, 403, 404, 501],
    };
    ask(&server, door).await;
}
