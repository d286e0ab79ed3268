//! Access by approval over the standard input and output of the real program, asked for with the protocol's own client.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream as Pair},
    process::{Child, Command, Output, Stdio},
};

use common::Server;
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, ReadResourceRequestParams},
    service::RunningService,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

const URI: &str = "vsecure://secrets/production/DB";

/// A server with a secret that agents may ask for.
struct World {
    base: String,
    admin: String,
    /// A key that may ask and nothing else, and its id.
    agent: (String, String),
    http: reqwest::Client,
    _data: TempDir,
}

impl World {
    async fn start() -> Self {
        let server = Server::start().await;
        let mut world = Self {
            base: server.base,
            admin: server.admin,
            agent: Default::default(),
            http: reqwest::Client::builder().build().unwrap(),
            _data: server.data,
        };
        let secret = json!({"name": "DB", "value": "canary", "tags": ["production"]});
        world.post("/secrets", secret).await;
        let resource = json!({"uri": "vsecure://secrets/production/*", "name": "p", "permissions": ["read"]});
        world.post("/mcp/resources", resource).await;
        let key = json!({"name": "agent", "scopes": ["mcp:read"]});
        let key = world.post("/api-keys", key).await;
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        world.agent = (text("apiKey"), text("id"));
        world
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let sent = request.bearer_auth(&self.admin).send().await.unwrap();
        assert!(sent.status().is_success(), "{}: {}", sent.url(), sent.status());
        sent.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/v-secure/v1/security{path}", self.base);
        self.send(self.http.post(url).json(&body)).await
    }

    /// The program, as an agent's host starts it by the documentation's configuration.
    fn program(&self, key: &str) -> (Child, UnixStream) {
        let server = documented()["mcpServers"]["coffer"].clone();
        assert_eq!(server["command"], "coffer");
        let mut arguments: Vec<&str> = server["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        *arguments.last_mut().unwrap() = &self.base;
        let variables: Vec<&String> = server["env"].as_object().unwrap().keys().collect();
        assert_eq!(variables.len(), 1);
        let (theirs, ours) = Pair::pair().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_coffer"));
        program
            .args(arguments)
            .env_clear()
            .env(variables[0], key)
            .stdin(OwnedFd::from(theirs.try_clone().unwrap()))
            .stdout(OwnedFd::from(theirs))
            .stderr(Stdio::piped());
        let child = program.spawn().unwrap();
        ours.set_nonblocking(true).unwrap();
        (child, UnixStream::from_std(ours).unwrap())
    }
}

/// The configuration in the documentation.
fn documented() -> Value {
    let text = include_str!("../../docs/dialects/v-secure.md");
    let start = text.split_once("```json\n").unwrap().1;
    serde_json::from_str(start.split_once("```").unwrap().0).unwrap()
}

type Client = RunningService<RoleClient, ()>;

async fn call(client: &Client, tool: &'static str, given: Value) -> (bool, Value) {
    let given = given.as_object().unwrap().clone();
    let asked = CallToolRequestParams::new(tool).with_arguments(given);
    let result = client.call_tool(asked).await.unwrap();
    let told = serde_json::to_value(&result).unwrap();
    let text = told["content"][0]["text"].as_str().unwrap().to_owned();
    let told = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (result.is_error != Some(true), told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_reads_by_approval_until_its_key_is_revoked() {
    let world = World::start().await;
    let (program, pipe) = world.program(&world.agent.0);
    let client = ().serve(pipe).await.unwrap();
    assert_eq!(client.list_all_tools().await.unwrap().len(), 4);
    let resources = client.list_all_resources().await.unwrap();
    assert_eq!((resources.len(), resources[0].uri.as_str()), (1, URI));
    let refused = client.read_resource(ReadResourceRequestParams::new(URI)).await;
    assert!(refused.unwrap_err().to_string().contains("request_access"));
    let ask = json!({"resource": URI, "reason": "to connect", "requestedBy": "agent", "ttl": 600});
    let (done, asked) = call(&client, "request_access", ask).await;
    assert!(done && asked["status"] == "pending", "{asked}");
    let decided = world
        .post("/mcp/approve", json!({"approvalId": asked["approvalId"]}))
        .await;
    let read = json!({"resource": URI, "accessToken": decided["accessToken"]});
    let (done, given) = call(&client, "read_secret", read.clone()).await;
    assert!(done && given["value"] == "canary", "{given}");
    let url = format!("{}/v-secure/v1/security/api-keys/{}", world.base, world.agent.1);
    world.send(world.http.delete(url)).await;
    let asked = CallToolRequestParams::new("read_secret").with_arguments(read.as_object().unwrap().clone());
    let refused = client.call_tool(asked).await.unwrap_err().to_string();
    assert!(
        refused.contains("API key") && !refused.contains("canary"),
        "{refused}"
    );
    client.cancel().await.unwrap();
    assert!(ended(program).await.status.success());
}

/// Lines are answered one by one, notifications not at all, and nothing but answers is on standard output.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standard_output_carries_messages_alone() {
    let world = World::start().await;
    let (program, mut pipe) = world.program("coffer_unknown");
    let lines = concat!(
        "nonsense\n\n",
        r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#,
        "\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        "\n"
    );
    pipe.write_all(lines.as_bytes()).await.unwrap();
    pipe.shutdown().await.unwrap();
    let mut out = String::new();
    pipe.read_to_string(&mut out).await.unwrap();
    let ended = ended(program).await;
    assert!(ended.status.success());
    let answers: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2, "{out}");
    assert_eq!(answers[0]["error"]["code"], -32_700);
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!(7), &json!(-32_603))
    );
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(log.contains("API key"), "{log}");
}

/// How the program ended, once it has.
async fn ended(program: Child) -> Output {
    tokio::task::spawn_blocking(|| program.wait_with_output().unwrap())
        .await
        .unwrap()
}
