//! An agent: the protocol's own client with an API key.

use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, ReadResourceRequestParams},
    service::RunningService,
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::Value;

use super::CANARY;
use crate::support::TestServer;

pub struct Agent(RunningService<RoleClient, ()>);

impl Agent {
    pub async fn connect(server: &TestServer, key: &str) -> Self {
        Self::try_connect(server, key).await.unwrap()
    }

    pub async fn try_connect(server: &TestServer, key: &str) -> Option<Self> {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", server.address));
        let transport =
            StreamableHttpClientTransport::with_client(server.http.clone(), config.auth_header(key));
        ().serve(transport).await.ok().map(Self)
    }

    /// The names of the tools, and the resources with their names.
    pub async fn sees(&self) -> (Vec<String>, Vec<(String, String)>) {
        let tools = self.0.list_all_tools().await.unwrap();
        let resources = self.0.list_all_resources().await.unwrap();
        (
            tools.into_iter().map(|it| it.name.into_owned()).collect(),
            resources.into_iter().map(|it| (it.uri, it.name)).collect(),
        )
    }

    /// What a tool says, and whether it did what was asked; `None`: the request was not answered.
    async fn call(&self, tool: &'static str, given: Value) -> Option<(bool, Value)> {
        let given = given.as_object().unwrap().clone();
        let asked = CallToolRequestParams::new(tool).with_arguments(given);
        let result = self.0.call_tool(asked).await.ok()?;
        let told = serde_json::to_value(&result).unwrap();
        let text = told["content"][0]["text"].as_str().unwrap().to_owned();
        let told = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Some((result.is_error != Some(true), told))
    }

    /// What a tool that does what is asked answers.
    pub async fn done(&self, tool: &'static str, given: Value) -> Value {
        let (done, told) = self.call(tool, given).await.unwrap();
        assert!(done, "{tool}: {told}");
        told
    }

    /// Why a tool does not do what is asked.
    pub async fn refused(&self, tool: &'static str, given: Value) -> String {
        let (done, told) = self.call(tool, given).await.unwrap();
        assert!(!done && !told.to_string().contains(CANARY), "{tool}: {told}");
        told.as_str().unwrap().to_owned()
    }

    /// Whether the server takes its requests.
    pub async fn is_heard(&self) -> bool {
        self.call("list_secrets", Value::Object(serde_json::Map::new()))
            .await
            .is_some()
    }

    /// The text of a resource.
    pub async fn resource(&self, uri: &str) -> Result<String, String> {
        let read = self.0.read_resource(ReadResourceRequestParams::new(uri)).await;
        let read = read.map_err(|error| error.to_string())?;
        let told = serde_json::to_value(&read).unwrap();
        Ok(told["contents"][0]["text"].as_str().unwrap().to_owned())
    }
}
