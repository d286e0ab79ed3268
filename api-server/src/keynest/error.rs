//! How this door says no: `{error, details, code, timestamp, detail}`, the shapes of its documentation and of its
//! framework in one. The time is filled in when the answer leaves.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::{Error, name::SecretName};
use serde::Serialize;
use serde_json::{Value, json};

use super::model::moment;
use crate::{
    http::{body::BodyFault, context::Context, dialect::Refusal, respond},
    native::error::Trouble,
};

/// What is wrong, by field.
pub type Faults = BTreeMap<String, Vec<String>>;

/// A field that is about more than one.
pub const SEVERAL: &str = "non_field_errors";

/// Everything that ends a request of this door early.
#[derive(Debug, Clone)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    error: Box<str>,
    details: Box<Value>,
    conflicts: Option<Box<[String]>>,
    trouble: Option<Box<str>>,
}

#[derive(Serialize)]
struct FailureOut<'a> {
    error: &'a str,
    details: &'a Value,
    code: &'static str,
    timestamp: String,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        let error = error.into();
        Self {
            status,
            code,
            details: Box::new(Value::String(error.clone())),
            error: error.into(),
            conflicts: None,
            trouble: None,
        }
    }

    fn detailed(self, details: Value) -> Self {
        Self {
            details: Box::new(details),
            ..self
        }
    }

    fn troubled(self, why: String) -> Self {
        Self {
            trouble: Some(why.into()),
            ..self
        }
    }

    /// Fields that are not as they must be.
    pub fn invalid(faults: &Faults) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Validation failed").detailed(json!(faults))
    }

    /// One of them.
    pub fn field(field: &str, fault: impl Into<String>) -> Self {
        Self::invalid(&Faults::from([(field.to_owned(), vec![fault.into()])]))
    }

    /// Something of an import that is not as it must be.
    pub fn import(texts: &[String]) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Validation failed").detailed(json!(texts))
    }

    /// Fields that something else has already.
    pub fn taken(faults: &Faults) -> Self {
        let error = "A resource with these values already exists.";
        Self::new(StatusCode::CONFLICT, "CONFLICT", error).detailed(json!(faults))
    }

    /// Variables that are there already.
    pub fn conflicting(names: &[SecretName]) -> Self {
        let conflicts: Box<[String]> = names.iter().map(ToString::to_string).collect();
        let error = "Conflicting variables found";
        Self {
            conflicts: Some(conflicts),
            ..Self::new(StatusCode::CONFLICT, "CONFLICT", error)
        }
    }

    /// No such thing, or not for this one to know of.
    pub fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found.")
    }

    /// No token.
    pub fn unauthenticated() -> Self {
        let error = "Authentication credentials were not provided.";
        Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION_REQUIRED", error)
    }

    /// A token that is no good, or no more.
    pub fn bad_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", "Invalid token.")
    }

    /// Neither JSON nor a form.
    pub fn unsupported() -> Self {
        let error = "Unsupported media type in request.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            error,
        )
    }

    /// A body that does not parse.
    pub fn unparsed(why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PARSE_ERROR", why)
    }

    fn limited(wait: i64) -> Self {
        let details = format!("Too many requests. Try again in {wait} seconds.");
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "RATE_LIMIT_EXCEEDED",
            "Rate limit exceeded",
        )
        .detailed(Value::String(details))
    }

    fn internal(why: String) -> Self {
        let error = "Something is broken on the server's side.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", error).troubled(why)
    }

    /// The same of a thing that a field of the body named: it is the field that is wrong.
    pub fn of_field(field: &str, error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::field(field, "Invalid pk - object does not exist."),
            other => other.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { field, message } => Self::field(&field, message),
            Error::TooLarge { .. } => Self::field("value", "Ensure this field has no more than 65536 bytes."),
            Error::Unauthenticated(why) => Self::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", why),
            Error::Forbidden { .. } | Error::NotAdmitted { .. } | Error::Unusable { .. } => {
                let error = "You do not have permission to perform this action.";
                Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", error)
            }
            Error::NotFound { .. } | Error::Deleted { .. } | Error::Destroyed { .. } | Error::Gone(_) => {
                Self::missing()
            }
            Error::AlreadyExists { what, .. } => {
                let (field, fault) = match what {
                    "environment" => (
                        "name",
                        "An environment with this name already exists in the project.",
                    ),
                    "key" | "secret" => (
                        "key",
                        "A variable with this key already exists in the environment.",
                    ),
                    "email" => ("email", "This account is a member already."),
                    _ => ("name", "You have an organization with this name already."),
                };
                Self::taken(&Faults::from([(field.to_owned(), vec![fault.to_owned()])]))
            }
            Error::Managed { owner, .. } => {
                let why = format!("It is managed by {} {}; change it there.", owner.kind, owner.name);
                Self::new(StatusCode::CONFLICT, "CONFLICT", why)
            }
            Error::Conflict(_) => {
                let why = "It is being changed by others at the same time; try again.";
                Self::new(StatusCode::CONFLICT, "CONFLICT", why)
            }
            Error::Refused(why) => Self::field(SEVERAL, why),
            Error::Unavailable(why) => {
                let error = "This cannot be answered now; try again.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", error).troubled(why)
            }
            Error::Internal(why) => Self::internal(why),
        }
    }
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                "The request is too large.",
            ),
            BodyFault::Slow => Self::unparsed("The request did not arrive in time."),
            BodyFault::Broken => Self::unparsed("The request could not be read."),
            BodyFault::Encoded => Self::unsupported(),
            BodyFault::Json(fault) => {
                Self::unparsed(&format!("JSON parse error: {} {}", fault.field, fault.message))
            }
        }
    }
}

impl IntoResponse for Failure {
    /// Its status and headers; [`revise`] writes the body.
    fn into_response(self) -> Response {
        let mut response = respond::empty(self.status);
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Some(why) = &self.trouble {
            response.extensions_mut().insert(Trouble::new(why.to_string()));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a failure, now that the time is known, and what every answer says.
pub fn revise(context: &Context, mut response: Response) -> Response {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let body = FailureOut {
            error: &failure.error,
            details: &failure.details,
            code: failure.code,
            timestamp: moment(context.arrived),
            detail: &failure.error,
            conflicts: failure.conflicts.as_deref(),
            message: failure
                .conflicts
                .is_some()
                .then_some("Set overwrite=true to update existing variables."),
        };
        *response.body_mut() = respond::json(failure.status, &body).into_body();
        let headers = response.headers_mut();
        // The router has measured the empty one.
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ] {
        let name: HeaderName = name;
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    let failure = match refusal {
        Refusal::UnknownPath => Failure::missing(),
        Refusal::WrongMethod => Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "Method not allowed.",
        ),
        Refusal::RateLimited(wait) | Refusal::TooManyFailures(wait) => Failure::limited(*wait),
        Refusal::TooLarge => BodyFault::TooLarge.into(),
        Refusal::BadKey | Refusal::KeyReused | Refusal::KeyBusy => {
            Failure::unparsed("Idempotency-Key does not count here.")
        }
        Refusal::Panicked => Failure::internal("a handler panicked".to_owned()),
        Refusal::Slow => Failure::internal("a handler took too long".to_owned()),
    };
    failure.into_response()
}
