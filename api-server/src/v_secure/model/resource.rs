//! What agents can ask for.

use coffer_domain::{
    approval::{AgentResource, AgentUri, AutoApprove, Operation, Window},
    record::Kept,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Moment, Shown, object};
use crate::{
    http::fields::{FieldFault, Fields, MISSING},
    v_secure::{page::Pagination, words::SCHEME},
};

/// The longest description, and the most names in a list.
const LONGEST: usize = 1000;
const MOST: usize = 64;

/// A resource to be set up.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ResourceIn {
    /// Such as `vsecure://secrets/production/*`.
    uri: String,
    name: String,
    description: Option<String>,
    /// `read`, `write` or both.
    permissions: Vec<String>,
    /// True without.
    requires_approval: Option<bool>,
    /// Keys that may decide, by id or name; none: all that may decide at all.
    approvers: Option<Vec<String>>,
    /// `enabled`, and `conditions` with `timeWindow`, `requester`, `operations`.
    #[schema(value_type = Option<Object>)]
    auto_approve: Option<Value>,
    require_reason: Option<bool>,
    min_reason_length: Option<u32>,
}

/// A URI as requests write it.
pub fn uri(field: &str, text: &str) -> Result<AgentUri, FieldFault> {
    let wrong = |why: &str| FieldFault::new(field, why);
    let rest = text
        .strip_prefix(SCHEME)
        .ok_or_else(|| wrong("must begin with vsecure://"))?;
    rest.parse()
        .map_err(|bad: coffer_domain::approval::BadUri| wrong(&bad.to_string()))
}

/// An operation as requests write it.
pub fn operation(field: &str, text: &str) -> Result<Operation, FieldFault> {
    Operation::parse(text).ok_or_else(|| FieldFault::new(field, "must be read or write"))
}

/// Reads a body.
pub fn resource(fields: &mut Fields) -> Result<AgentResource, FieldFault> {
    let permissions = fields.texts("permissions")?;
    let permissions = permissions.ok_or_else(|| FieldFault::new("permissions", MISSING))?;
    let mut operations = permissions
        .iter()
        .map(|text| operation("permissions", text))
        .collect::<Result<Vec<_>, _>>()?;
    operations.sort_unstable();
    operations.dedup();
    if operations.is_empty() {
        return Err(FieldFault::new("permissions", "must be read, write or both"));
    }
    let least = fields.number("minReasonLength")?.unwrap_or_default();
    let least = u32::try_from(least).ok().filter(|least| *least <= 2000);
    Ok(AgentResource {
        uri: uri("uri", &fields.required("uri")?)?,
        name: fields.label("name", 255)?,
        description: short(fields.text("description")?)?,
        operations,
        requires_approval: fields.flag("requiresApproval")?.unwrap_or(true),
        approvers: names("approvers", fields.texts("approvers")?)?,
        auto_approve: rule(fields)?,
        require_reason: fields.flag("requireReason")?.unwrap_or(false),
        min_reason_length: least.ok_or_else(|| FieldFault::new("minReasonLength", "must be 0 to 2000"))?,
    })
}

fn short(text: Option<String>) -> Result<Option<String>, FieldFault> {
    match text {
        Some(text) if text.chars().count() > LONGEST => {
            Err(FieldFault::new("description", "must not exceed 1000 characters"))
        }
        text => Ok(text),
    }
}

fn names(field: &str, given: Option<Vec<String>>) -> Result<Vec<String>, FieldFault> {
    let given = given.unwrap_or_default();
    if given.len() > MOST || given.iter().any(|name| name.chars().count() > 255) {
        return Err(FieldFault::new(field, "must be at most 64 names"));
    }
    Ok(given)
}

fn rule(fields: &mut Fields) -> Result<Option<AutoApprove>, FieldFault> {
    let Some(given) = object(fields, "autoApprove")? else {
        return Ok(None);
    };
    let wrong = |why: String| FieldFault::new("autoApprove", why);
    let mut given = Fields::of(given.into())?;
    let enabled = given
        .flag("enabled")
        .map_err(|_| wrong("must have true or false in enabled".into()))?;
    let mut conditions = Fields::of(object(&mut given, "conditions")?.unwrap_or_default().into())?;
    let window = conditions
        .text("timeWindow")
        .map_err(|_| wrong("must have a text in timeWindow".into()))?;
    let window = window.map(|text| {
        text.parse::<Window>()
            .map_err(|bad| wrong(format!("timeWindow {bad}")))
    });
    let requesters = names("autoApprove", conditions.texts("requester")?)?;
    let operations = conditions.texts("operations")?.unwrap_or_default();
    Ok(Some(AutoApprove {
        enabled: enabled.unwrap_or(true),
        window: window.transpose()?,
        requesters,
        operations: operations
            .iter()
            .map(|text| operation("autoApprove", text))
            .collect::<Result<_, _>>()?,
    }))
}

/// A resource.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceOut {
    uri: String,
    name: String,
    description: Option<String>,
    /// `secret`, `api_key` or `custom`.
    r#type: &'static str,
    permissions: Vec<&'static str>,
    requires_approval: bool,
    approvers: Vec<String>,
    #[schema(value_type = Option<Object>)]
    auto_approve: Option<Value>,
    require_reason: bool,
    min_reason_length: u32,
}

/// What kind of thing a URI is about.
pub fn kind(uri: &AgentUri) -> &'static str {
    match uri {
        AgentUri::Secrets(..) => "secret",
        AgentUri::Keys(_) => "api_key",
        AgentUri::Custom(..) => "custom",
    }
}

impl From<&AgentResource> for ResourceOut {
    fn from(resource: &AgentResource) -> Self {
        let rule = resource.auto_approve.as_ref().map(|rule| {
            json!({
                "enabled": rule.enabled,
                "conditions": {
                    "timeWindow": rule.window.as_ref().map(Window::as_str),
                    "requester": rule.requesters,
                    "operations": rule.operations,
                },
            })
        });
        Self {
            uri: format!("{SCHEME}{}", resource.uri),
            name: resource.name.clone(),
            description: resource.description.clone(),
            r#type: kind(&resource.uri),
            permissions: resource.operations.iter().map(|it| it.as_str()).collect(),
            requires_approval: resource.requires_approval,
            approvers: resource.approvers.clone(),
            auto_approve: rule,
            require_reason: resource.require_reason,
            min_reason_length: resource.min_reason_length,
        }
    }
}

/// By what a page of resources is continued: when each was made, and its key.
pub fn order(kept: &Kept<AgentResource>) -> String {
    format!("{:020}.{}", kept.created_at.as_microsecond(), kept.key)
}

/// A page of resources, under both names that the original gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourcesOut {
    /// The same as `data`.
    pub resources: Vec<ResourceOut>,
    /// The resources.
    pub data: Vec<ResourceOut>,
    /// Where the page stands.
    pub pagination: Pagination,
}

/// A value that was read by approval.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueOut {
    /// As it was asked for.
    pub uri: String,
    /// The secret's name.
    pub name: String,
    /// `secret`.
    pub r#type: &'static str,
    /// Its value.
    #[schema(value_type = String)]
    pub value: Shown,
    /// What its owner keeps with it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Its version.
    pub version: u64,
    /// Now.
    pub accessed_at: Moment,
    /// How often the approval was made use of; null where none was needed.
    pub access_count: Option<u64>,
}
