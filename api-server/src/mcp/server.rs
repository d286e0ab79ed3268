//! What the protocol asks of a server: what it can do, its resources, its tools.

use std::sync::Arc;

use coffer_domain::{
    Error,
    usecase::approvals::{Access, Visible},
};
use rmcp::{
    ErrorData, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ServerCapabilities,
        ServerConfig,
    },
    service::{RequestContext, RoleServer},
};
use serde_json::{Value, json};

use super::tools;
use crate::{
    app::App,
    v_secure::{auth::Signed, model::resource::uri, words::SCHEME},
};

const INSTRUCTIONS: &str = "Secrets are read by approval. List what there is, ask for access with a reason, have a \
     person approve the request, and read with the access token that they were given.";

/// The server.
pub struct Agents {
    app: Arc<App>,
}

impl Agents {
    /// Over the doors' shared state.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

/// Who sent a request: what the way in found out.
fn asking(context: &RequestContext<RoleServer>) -> Result<Arc<Signed>, ErrorData> {
    let parts = context.extensions.get::<axum::http::request::Parts>();
    let signed = parts.and_then(|parts| parts.extensions.get::<Arc<Signed>>());
    signed
        .cloned()
        .ok_or_else(|| ErrorData::invalid_request("there is no API key", None))
}

/// A refusal, in the protocol's words; nothing of our own trouble is told.
pub fn told(error: &Error) -> ErrorData {
    match error {
        Error::Internal(_) | Error::Unavailable(_) => {
            tracing::error!(%error, "a request of an agent failed");
            ErrorData::internal_error("something is broken on the server's side", None)
        }
        Error::Forbidden { .. } | Error::NotAdmitted { .. } => {
            ErrorData::invalid_request("the API key may not do this", None)
        }
        Error::NotFound { what, .. } => {
            ErrorData::resource_not_found(format!("the {what} was not found"), None)
        }
        other => ErrorData::invalid_params(other.to_string(), None),
    }
}

fn shown(it: &Visible) -> Resource {
    let how = if it.requires_approval {
        "by approval"
    } else {
        "without approval"
    };
    Resource::new(format!("{SCHEME}{}", it.uri), it.secret.name.to_string())
        .with_description(format!("a secret, read {how}"))
        .with_mime_type("text/plain")
}

impl ServerHandler for Agents {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("coffer", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let found = tools::visible(&self.app, &*asking(&context)?).await?;
        Ok(ListResourcesResult::with_all_items(
            found.iter().map(shown).collect(),
        ))
    }

    /// What takes an approval is read with the tool, which has a place for the token.
    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let signed = asking(&context)?;
        let wanted = uri("uri", &request.uri).map_err(|fault| tools::wrong(&fault))?;
        match tools::read(&self.app, &signed, &wanted, None).await? {
            Access::Given(given) => {
                let text = tools::text(&given.read.value)?;
                let contents = ResourceContents::text(text, request.uri).with_mime_type("text/plain");
                Ok(ReadResourceResult::new(vec![contents]).into())
            }
            Access::NeedsApproval => Err(ErrorData::invalid_request(
                "this takes an approved request: ask with request_access, then read with read_secret",
                Some(json!({ "approvalRequired": true })),
            )),
        }
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let signed = asking(&context)?;
        let given = Value::Object(request.arguments.unwrap_or_default());
        let done = match &*request.name {
            "list_secrets" => tools::list_secrets(&self.app, &signed).await,
            "request_access" => tools::request_access(&self.app, &signed, given).await,
            "access_status" => tools::access_status(&self.app, &signed, given).await,
            "read_secret" => tools::read_secret(&self.app, &signed, given).await,
            _ => return Err(ErrorData::invalid_params("there is no such tool", None)),
        };
        let result = match done {
            Ok(told) => CallToolResult::success(vec![ContentBlock::text(told.to_string())]),
            // The model is to see why, and can do something about it.
            Err(refusal) => CallToolResult::error(vec![ContentBlock::text(refusal.message.to_string())]),
        };
        Ok(result.into())
    }
}
