//! How this door says no: problem details (RFC 7807) with the product's slugs, as `application/json`, which is
//! what its clients look for. The request's path and id are filled in when the answer leaves.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::Error;
use serde::Serialize;

use super::plan::PlanLimit;
use crate::{
    http::{
        body::BodyFault,
        context::Context,
        dialect::Refusal,
        faults::{NOT_TEXT, of_body},
        fields::FieldFault,
        params::NotText,
        query::QueryFault,
        respond,
    },
    native::error::Trouble,
};

/// Where the meanings of slugs are documented.
const BASE: &str = "https://keyway.sh/errors/";

/// The product's words for a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(StatusCode, &'static str, &'static str);

/// Not well formed, or against a rule.
pub const BAD_REQUEST: Kind = Kind(StatusCode::BAD_REQUEST, "bad-request", "Bad Request");
const UNAUTHORIZED: Kind = Kind(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized");
/// Not for this one.
pub const FORBIDDEN: Kind = Kind(StatusCode::FORBIDDEN, "forbidden", "Forbidden");
const PLAN_LIMIT: Kind = Kind(StatusCode::FORBIDDEN, "plan-limit", "Plan Limit Exceeded");
/// No such thing.
pub const NOT_FOUND: Kind = Kind(StatusCode::NOT_FOUND, "not-found", "Not Found");
/// In the way of something.
pub const CONFLICT: Kind = Kind(StatusCode::CONFLICT, "conflict", "Conflict");
const TOO_LARGE: Kind = Kind(
    StatusCode::PAYLOAD_TOO_LARGE,
    "payload-too-large",
    "Payload Too Large",
);
const RATE_LIMITED: Kind = Kind(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too Many Requests");
const INTERNAL: Kind = Kind(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal-error",
    "Internal Server Error",
);
const UNAVAILABLE: Kind = Kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "service-unavailable",
    "Service Unavailable",
);

/// Everything that ends a request of this door early.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    plan: Option<Box<PlanLimit>>,
    trouble: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize)]
struct FieldError {
    field: String,
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemOut<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    request_id: &'a str,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    plan: Option<&'a PlanLimit>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            plan: None,
            trouble: None,
        }
    }

    /// Something that does not exist.
    pub fn missing(what: &str) -> Self {
        Self::new(NOT_FOUND, format!("{what} not found"))
    }

    /// A field that is not as it must be.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let error = FieldError {
            field: field.to_owned(),
            code: "invalid",
            message: message.clone(),
        };
        Self {
            errors: vec![error],
            ..Self::new(BAD_REQUEST, format!("{field}: {message}"))
        }
    }

    /// A plan that does not go so far.
    pub fn plan(detail: &str, plan: PlanLimit) -> Self {
        Self {
            plan: Some(Box::new(plan)),
            ..Self::new(PLAN_LIMIT, detail)
        }
    }

    fn troubled(kind: Kind, detail: &str, why: String) -> Self {
        Self {
            trouble: Some(why),
            ..Self::new(kind, detail)
        }
    }

    /// Whether it says that something does not exist.
    pub fn is_missing(&self) -> bool {
        self.kind == NOT_FOUND
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Invalid { field, message } => Self::field(&field, message),
            Error::TooLarge { .. } => Self::field("value", "must not exceed 65536 bytes"),
            Error::Unauthenticated(_) => Self::new(UNAUTHORIZED, text),
            Error::Forbidden { .. } | Error::NotAdmitted { .. } | Error::Unusable { .. } => {
                Self::new(FORBIDDEN, text)
            }
            Error::NotFound { .. } | Error::Deleted { .. } | Error::Destroyed { .. } | Error::Gone(_) => {
                Self::new(NOT_FOUND, text)
            }
            Error::AlreadyExists { .. } | Error::Managed { .. } | Error::Conflict(_) => {
                Self::new(CONFLICT, text)
            }
            Error::Refused(_) => Self::new(BAD_REQUEST, text),
            Error::Unavailable(why) => {
                Self::troubled(UNAVAILABLE, "this cannot be answered now; try again", why)
            }
            Error::Internal(why) => Self::troubled(INTERNAL, "something is broken on the server's side", why),
        }
    }
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        Self::field(&fault.field, fault.reason)
    }
}

impl From<QueryFault> for Problem {
    fn from(fault: QueryFault) -> Self {
        Self::field(&fault.parameter, fault.message)
    }
}

impl From<NotText> for Problem {
    fn from(_: NotText) -> Self {
        Self::field("path", NOT_TEXT)
    }
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Self {
        match of_body(fault) {
            Some(fault) => fault.into(),
            None => Self::new(TOO_LARGE, "the body is larger than 1 MB"),
        }
    }
}

impl IntoResponse for Problem {
    /// Its status and headers; [`revise`] writes the body.
    fn into_response(self) -> Response {
        let mut response = respond::empty(self.kind.0);
        if self.kind == UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Bearer realm="keyway""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(why) = &self.trouble {
            response.extensions_mut().insert(Trouble::new(why.clone()));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a problem, now that the request is known.
pub fn revise(context: &Context, mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let Kind(status, slug, title) = problem.kind;
    let written = respond::json(
        status,
        &ProblemOut {
            r#type: format!("{BASE}{slug}"),
            title,
            status: status.as_u16(),
            detail: &problem.detail,
            instance: context.path(),
            request_id: context.id.as_str(),
            trace_id: context.id.as_str(),
            errors: &problem.errors,
            plan: problem.plan.as_deref(),
        },
    );
    *response.body_mut() = written.into_body();
    // The router has measured the empty one.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    let problem = match refusal {
        Refusal::UnknownPath | Refusal::WrongMethod => {
            Problem::new(NOT_FOUND, "there is nothing at this path")
        }
        Refusal::RateLimited(wait) => {
            Problem::new(RATE_LIMITED, format!("too many requests; try again in {wait} s"))
        }
        Refusal::TooManyFailures(wait) => {
            let detail = format!("too many refused tokens from this address; try again in {wait} s");
            Problem::new(RATE_LIMITED, detail)
        }
        Refusal::TooLarge => BodyFault::TooLarge.into(),
        Refusal::BadKey | Refusal::KeyReused | Refusal::KeyBusy => {
            Problem::field("Idempotency-Key", "does not count here")
        }
        Refusal::Panicked => Problem::troubled(
            INTERNAL,
            "something is broken on the server's side",
            "a handler panicked".to_owned(),
        ),
        Refusal::Slow => Problem::troubled(
            INTERNAL,
            "this took too long on the server's side",
            "a handler took too long".to_owned(),
        ),
    };
    problem.into_response()
}
