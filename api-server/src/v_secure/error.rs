//! How this door says no: `{"error":{"code":…,"message":…,"details":{…}}}`.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::{Error, address::Reference, metadata::Why, name::SecretName};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::scope;
use crate::{
    http::{
        body::BodyFault,
        dialect::Refusal,
        faults::{from_faults, of_body},
        fields::{FieldFault, MISSING},
        respond,
    },
    native::error::Trouble,
};

/// Everything that ends a request of this door early.
#[derive(Debug)]
pub enum ApiError {
    /// The domain refused.
    Domain(Error),
    /// The body was not taken.
    Body(BodyFault),
    /// A field or parameter is not as it must be.
    Field(FieldFault),
    /// There is no secret of this name; why, if it was there.
    NoSecret(String, Option<&'static str>),
    /// There is no such thing.
    NotFound(&'static str, String),
    /// It takes an approval.
    NeedsApproval(String),
}

/// A failure.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureOut {
    error: ErrorOut,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorOut {
    /// A stable word such as `VALIDATION_ERROR`.
    code: &'static str,
    /// A sentence for people.
    message: String,
    /// What it was about; empty if there is nothing to add.
    #[schema(value_type = Object)]
    details: Value,
}

from_faults!(ApiError);

impl ApiError {
    /// An error about the secret of this name.
    pub fn of_secret(error: Error, name: &SecretName) -> Self {
        match error {
            Error::NotFound {
                what: "secret" | "environment" | "vault",
                ..
            }
            | Error::Deleted { .. }
            | Error::Destroyed { .. } => Self::NoSecret(name.to_string(), None),
            Error::Unusable { why, .. } => Self::NoSecret(name.to_string(), Some(reason(&why))),
            other => Self::Domain(other),
        }
    }

    /// What it is called, and in which words: for items of a batch.
    pub fn told(self) -> (&'static str, String) {
        let (Kind(_, code), message, _) = said(self);
        (code, message)
    }
}

/// The dialect's words for a status.
#[derive(Debug, Clone, Copy)]
struct Kind(StatusCode, &'static str);

const INVALID: Kind = Kind(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
const UNAUTHORIZED: Kind = Kind(StatusCode::UNAUTHORIZED, "AUTHENTICATION_REQUIRED");
const FORBIDDEN: Kind = Kind(StatusCode::FORBIDDEN, "PERMISSION_DENIED");
const NOT_FOUND: Kind = Kind(StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND");
const WRONG_METHOD: Kind = Kind(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
const TOO_LARGE: Kind = Kind(StatusCode::PAYLOAD_TOO_LARGE, "VALIDATION_ERROR");
const RATE_LIMITED: Kind = Kind(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
const INTERNAL: Kind = Kind(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR");
const UNAVAILABLE: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_ERROR");

/// What is said: the kind, a sentence, details.
type Said = (Kind, String, Value);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let trouble = match &self {
            Self::Domain(Error::Unavailable(why) | Error::Internal(why)) => Some(Trouble::new(why.clone())),
            _ => None,
        };
        let (kind, message, details) = said(self);
        let mut response = answer(kind, message, details);
        if kind.0 == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if kind.0 == StatusCode::SERVICE_UNAVAILABLE {
            let later = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, later);
        }
        if let Some(trouble) = trouble {
            response.extensions_mut().insert(trouble);
        }
        response
    }
}

fn said(error: ApiError) -> Said {
    match error {
        ApiError::Domain(error) => domain(error),
        ApiError::Body(fault) => body(fault),
        ApiError::Field(fault) => field(&fault),
        ApiError::NoSecret(name, why) => no_secret(&name, why),
        ApiError::NotFound(what, id) => plain(NOT_FOUND, format!("{what} '{id}' not found")),
        ApiError::NeedsApproval(uri) => (
            FORBIDDEN,
            "this takes an approved request and its access token".to_owned(),
            json!({ "approvalRequired": true, "resource": uri }),
        ),
    }
}

fn domain(error: Error) -> Said {
    match error {
        Error::Invalid { field: name, message } => field(&FieldFault::new(name, message)),
        Error::TooLarge { .. } => field(&FieldFault::new("value", "must not exceed 65536 bytes")),
        Error::Unauthenticated(_) => plain(UNAUTHORIZED, "API key missing or invalid"),
        Error::Forbidden { permission, .. } => (
            FORBIDDEN,
            "the API key may not do this".to_owned(),
            json!({ "requiredScope": scope::that_gives(permission) }),
        ),
        Error::NotAdmitted { .. } => plain(FORBIDDEN, "the API key may not do this"),
        // The domain's hint is a name that the caller may see; this dialect has no place for it.
        Error::NotFound {
            what: "secret", name, ..
        } => no_secret(&short(&name), None),
        Error::NotFound { what, .. } => plain(NOT_FOUND, format!("the {what} was not found")),
        Error::Gone(_) => plain(NOT_FOUND, "it is not there any more"),
        Error::Deleted { address, .. } | Error::Destroyed { address, .. } => {
            no_secret(&short(&address), None)
        }
        Error::Unusable { what, why } => no_secret(&short(&what), Some(reason(&why))),
        Error::AlreadyExists { what, .. } => field(&FieldFault::new(
            "name",
            format!("there is a {what} of this name already"),
        )),
        Error::Managed { .. } => field(&FieldFault::new(
            "name",
            format!("cannot be changed here: {error}"),
        )),
        Error::Conflict(why) | Error::Refused(why) => field(&FieldFault::new("request", why)),
        Error::Unavailable(_) => plain(UNAVAILABLE, "the store cannot take this now; try again"),
        Error::Internal(_) => plain(INTERNAL, "something is broken on the server's side"),
    }
}

/// The name in an address.
fn short(address: &str) -> String {
    let parsed: Result<Reference, _> = address.parse();
    parsed.map_or_else(|_| address.to_owned(), |found| found.address.name.to_string())
}

fn reason(why: &Why) -> &'static str {
    match why {
        Why::Disabled => "disabled",
        Why::NotYetActive(_) => "notYetActive",
        Why::Expired(_) => "expired",
    }
}

fn no_secret(name: &str, why: Option<&str>) -> Said {
    let details = match why {
        Some(why) => json!({ "secretName": name, "reason": why }),
        None => json!({ "secretName": name }),
    };
    (NOT_FOUND, format!("Secret '{name}' not found"), details)
}

fn body(fault: BodyFault) -> Said {
    match of_body(fault) {
        Some(fault) => field(&FieldFault::new("body", fault.reason)),
        None => plain(TOO_LARGE, "the body is larger than 1 MiB"),
    }
}

fn field(fault: &FieldFault) -> Said {
    let reason = match fault.reason.as_str() {
        MISSING => "is required",
        reason => reason,
    };
    let details = json!({ "fields": { &fault.field: [reason] } });
    (INVALID, format!("{} {reason}", fault.field), details)
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    let limited = |wait: i64, what: &str| {
        let message = format!("{what}; try again in {wait} s");
        answer(RATE_LIMITED, message, json!({ "retryAfter": wait }))
    };
    let say = |(kind, message, details): Said| answer(kind, message, details);
    match refusal {
        Refusal::UnknownPath => say(plain(NOT_FOUND, "there is nothing at this path")),
        Refusal::WrongMethod => say(plain(WRONG_METHOD, "this path takes other methods")),
        Refusal::RateLimited(wait) => limited(*wait, "rate limit exceeded"),
        Refusal::TooManyFailures(wait) => limited(*wait, "too many refused API keys from this address"),
        Refusal::TooLarge => say(body(BodyFault::TooLarge)),
        Refusal::BadKey => say(header_fault("must be 1 to 255 printable ASCII characters, once")),
        Refusal::KeyReused => say(header_fault("came with another request before")),
        Refusal::KeyBusy => say(header_fault(
            "belongs to a request that is still being answered; try again",
        )),
        Refusal::Panicked => troubled("a handler panicked"),
        Refusal::Slow => troubled("a handler took too long"),
    }
}

fn header_fault(reason: &str) -> Said {
    field(&FieldFault::new("Idempotency-Key", reason))
}

fn troubled(why: &str) -> Response {
    let mut response = answer(
        INTERNAL,
        "something is broken on the server's side".to_owned(),
        json!({}),
    );
    response.extensions_mut().insert(Trouble::new(why.to_owned()));
    response
}

fn plain(kind: Kind, message: impl Into<String>) -> Said {
    (kind, message.into(), json!({}))
}

fn answer(Kind(status, code): Kind, message: String, details: Value) -> Response {
    let error = ErrorOut {
        code,
        message,
        details,
    };
    respond::json(status, &FailureOut { error })
}
