//! The tools: list, ask, look whether it was decided, read.

use coffer_domain::{
    approval::{AgentUri, Approval},
    secret_value::SecretValue,
    usecase::approvals::{Access, NewRequest, Visible},
};
use jiff::SignedDuration;
use rmcp::{
    ErrorData,
    model::{JsonObject, Tool},
};
use serde_json::{Value, json};

use super::server::told;
use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields},
        time,
    },
    v_secure::{
        auth::Signed,
        model::{
            approval::stage,
            resource::{operation, uri},
        },
        words::SCHEME,
    },
};

/// For how long access is asked for if nothing is said, in seconds.
const USUAL: u64 = 3600;

/// Every tool.
pub fn all() -> Vec<Tool> {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let resource = text("The secret's URI, such as vsecure://secrets/production/DATABASE_URL");
    vec![
        tool(
            "list_secrets",
            "The secrets that access can be asked for, without values",
            &json!({}),
            &[],
        ),
        tool(
            "request_access",
            "Ask a person for access to a secret; tell them why",
            &json!({
                "resource": resource,
                "reason": text("Why it is needed"),
                "requestedBy": text("What you call yourself"),
                "ttl": { "type": "integer", "description": "For how many seconds: 60 to 86400", "default": USUAL },
            }),
            &["resource", "reason"],
        ),
        tool(
            "access_status",
            "Whether a request has been decided",
            &json!({ "approvalId": text("What request_access answered") }),
            &["approvalId"],
        ),
        tool(
            "read_secret",
            "Read a secret's value with the access token of an approved request",
            &json!({ "resource": resource, "accessToken": text("What the person who approved was given") }),
            &["resource"],
        ),
    ]
}

fn tool(name: &'static str, about: &'static str, properties: &Value, required: &[&str]) -> Tool {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties.clone());
    schema.insert("required".to_owned(), json!(required));
    Tool::new(name, about, std::sync::Arc::new(schema))
}

/// What is not as it must be.
pub fn wrong(fault: &FieldFault) -> ErrorData {
    ErrorData::invalid_params(format!("{} {}", fault.field, fault.reason), None)
}

fn fields(given: Value) -> Result<Fields, ErrorData> {
    Fields::of(given).map_err(|fault| wrong(&fault))
}

/// A value as the protocol carries it.
pub fn text(value: &SecretValue) -> Result<&str, ErrorData> {
    std::str::from_utf8(value.reveal()).map_err(|_| ErrorData::invalid_request("the value is not text", None))
}

/// What can be asked for.
pub async fn visible(app: &App, signed: &Signed) -> Result<Vec<Visible>, ErrorData> {
    let (caller, account) = (&signed.caller, &signed.account);
    let places = account.places().map_err(|error| told(&error))?;
    let found = app.coffer.agent_secrets(caller, &account.name, &places).await;
    found.map_err(|error| told(&error))
}

/// Reads a value, with a token if there is one.
pub async fn read(
    app: &App,
    signed: &Signed,
    wanted: &AgentUri,
    token: Option<&str>,
) -> Result<Access, ErrorData> {
    let places = signed.account.places().map_err(|error| told(&error))?;
    let access = app
        .coffer
        .use_own_access(&signed.caller, &places, wanted, token)
        .await;
    access.map_err(|error| told(&error))
}

pub async fn list_secrets(app: &App, signed: &Signed) -> Result<Value, ErrorData> {
    let found = visible(app, signed).await?;
    let secret = |it: &Visible| {
        json!({
            "resource": format!("{SCHEME}{}", it.uri),
            "name": it.secret.name,
            "requiresApproval": it.requires_approval,
        })
    };
    Ok(json!({ "secrets": found.iter().map(secret).collect::<Vec<_>>() }))
}

pub async fn request_access(app: &App, signed: &Signed, given: Value) -> Result<Value, ErrorData> {
    let new = request(&mut fields(given)?).map_err(|fault| wrong(&fault))?;
    let filed = app
        .coffer
        .request_access(&signed.caller, &signed.account.name, new)
        .await;
    let filed = filed.map_err(|error| told(&error))?;
    let mut answer = status(app, &filed.approval.key, &filed.approval.body);
    // Where no person is needed, the token is the agent's at once.
    if let Some(token) = &filed.token {
        answer["accessToken"] = json!(text(token.secret())?);
    }
    Ok(answer)
}

fn request(fields: &mut Fields) -> Result<NewRequest, FieldFault> {
    let ttl = fields.number("ttl")?.unwrap_or(USUAL);
    let ttl = i64::try_from(ttl).map_err(|_| FieldFault::new("ttl", "must be 60 to 86400 seconds"))?;
    Ok(NewRequest {
        uri: uri("resource", &fields.required("resource")?)?,
        operation: operation("operation", "read")?,
        reason: fields.text("reason")?,
        requested_by: fields
            .text("requestedBy")?
            .map(|text| text.chars().take(255).collect()),
        length: SignedDuration::from_secs(ttl),
    })
}

pub async fn access_status(app: &App, signed: &Signed, given: Value) -> Result<Value, ErrorData> {
    let id = fields(given)?
        .required("approvalId")
        .map_err(|fault| wrong(&fault))?;
    let (caller, account) = (&signed.caller, &signed.account.name);
    let found = app.coffer.own_approval(caller, account, &id).await;
    let found = found.map_err(|error| told(&error))?;
    Ok(status(app, &found.key, &found.body))
}

fn status(app: &App, id: &str, approval: &Approval) -> Value {
    let now = approval.stage(app.coffer.clock().now());
    json!({
        "approvalId": id,
        "status": stage(now),
        "resource": format!("{SCHEME}{}", approval.uri),
        "expiresAt": time::seconds(approval.expires_at),
    })
}

pub async fn read_secret(app: &App, signed: &Signed, given: Value) -> Result<Value, ErrorData> {
    let mut given = fields(given)?;
    let named = given.required("resource").and_then(|text| uri("resource", &text));
    let wanted = named.map_err(|fault| wrong(&fault))?;
    let token = given.text("accessToken").map_err(|fault| wrong(&fault))?;
    match read(app, signed, &wanted, token.as_deref()).await? {
        Access::Given(given) => Ok(json!({
            "resource": format!("{SCHEME}{}", given.uri),
            "version": given.read.meta.version.get(),
            "value": text(&given.read.value)?,
        })),
        Access::NeedsApproval => Err(ErrorData::invalid_request(
            "this takes the access token of an approved request that is not over",
            None,
        )),
    }
}
