//! How this door says no: `{"error":{"code":…,"message":…,"details":{…}}}`.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::{Error, metadata::Why};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth;
use crate::{
    http::{
        body::BodyFault,
        context::Context,
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
    /// The credential is good, and not for this.
    Forbidden(&'static str),
    /// There is no such thing.
    NotFound(&'static str),
    /// There is no such place, or it may not be known of.
    Outside(&'static str),
    /// The shared mechanics refused.
    Refused(Refusal),
}

/// A failure.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureOut {
    error: ErrorOut,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorOut {
    /// A stable word such as `INVALID_REQUEST`.
    code: &'static str,
    /// A sentence for people.
    message: String,
    /// For a field: which, and why. Else empty.
    details: Details,
}

/// Which field, and why.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Details {
    /// The field or parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

from_faults!(ApiError);

impl ApiError {
    /// Whether another caller might have been answered otherwise.
    pub fn may_differ_for_another(&self) -> bool {
        matches!(
            self,
            Self::Forbidden(_)
                | Self::NotFound(_)
                | Self::Outside(_)
                | Self::Domain(Error::Forbidden { .. } | Error::NotFound { .. } | Error::NotAdmitted { .. })
        )
    }
}

/// The dialect's words for a status.
#[derive(Debug, Clone, Copy)]
struct Kind(StatusCode, &'static str);

const INVALID: Kind = Kind(StatusCode::BAD_REQUEST, "INVALID_REQUEST");
const UNAUTHORIZED: Kind = Kind(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
const FORBIDDEN: Kind = Kind(StatusCode::FORBIDDEN, "FORBIDDEN");
const NOT_FOUND: Kind = Kind(StatusCode::NOT_FOUND, "NOT_FOUND");
const WRONG_METHOD: Kind = Kind(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
const GONE: Kind = Kind(StatusCode::GONE, "GONE");
const TOO_LARGE: Kind = Kind(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
const RATE_LIMITED: Kind = Kind(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
const INTERNAL: Kind = Kind(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR");
const UNAVAILABLE: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Domain(error) => domain(error),
            Self::Body(fault) => body(fault),
            Self::Field(fault) => field(fault),
            Self::Forbidden(why) => say(FORBIDDEN, why),
            Self::NotFound(what) => say(NOT_FOUND, format!("{what} does not exist")),
            Self::Outside(what) => outside(format!("{what} does not exist")),
            Self::Refused(refusal) => refuse(&refusal),
        }
    }
}

fn domain(error: Error) -> Response {
    match error {
        Error::Invalid { field: name, message } => field(FieldFault::new(name, message)),
        Error::TooLarge { .. } => say(TOO_LARGE, error.to_string()),
        Error::Unauthenticated(why) => {
            let mut response = say(UNAUTHORIZED, why);
            let challenge = HeaderValue::from_static(r#"Bearer realm="secryn""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
        Error::Forbidden { .. } | Error::NotAdmitted { .. } => say(FORBIDDEN, "the token may not do this"),
        Error::NotFound {
            what: what @ ("vault" | "organization"),
            ..
        } => outside(format!("the {what} does not exist")),
        // The domain's hint is a name that the caller may see; what was asked for is theirs anyway.
        Error::NotFound { what, .. } => say(NOT_FOUND, format!("the {what} does not exist")),
        Error::Deleted { .. } | Error::Destroyed { .. } => say(NOT_FOUND, "the secret does not exist"),
        Error::Gone(why) => say(GONE, why),
        Error::Unusable { why, .. } => match why {
            Why::Disabled => say(NOT_FOUND, "it does not exist"),
            Why::NotYetActive(_) => say(FORBIDDEN, "it is not active yet"),
            Why::Expired(_) => say(GONE, "it has expired"),
        },
        Error::AlreadyExists { what, .. } => field(FieldFault::new(
            "name",
            format!("there is a {what} of this name already"),
        )),
        Error::Managed { .. } => {
            let reason = format!("cannot be changed here: {error}");
            field(FieldFault::new("name", reason))
        }
        Error::Conflict(why) | Error::Refused(why) => field(FieldFault::new("request", why)),
        Error::Unavailable(why) => {
            let mut response = troubled(UNAVAILABLE, "the store cannot take this now; try again", why);
            let later = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, later);
            response
        }
        Error::Internal(why) => troubled(INTERNAL, "something is broken on the server's side", why),
    }
}

/// Marks an answer that does not let a place be known of.
#[derive(Debug, Clone, Copy)]
struct Outside;

fn outside(message: String) -> Response {
    let mut response = say(NOT_FOUND, message);
    response.extensions_mut().insert(Outside);
    response
}

/// A token that is for one vault or one thing is told that everything else is not for it, whether that exists or
/// not; any other token is told that it does not exist.
pub fn revise(context: &Context, response: Response) -> Response {
    let narrow = context
        .signer()
        .is_some_and(|signer| signer.kind != auth::OF_ACCOUNT);
    if narrow && response.extensions().get::<Outside>().is_some() {
        say(FORBIDDEN, "the token is not for this")
    } else {
        response
    }
}

fn body(fault: BodyFault) -> Response {
    match of_body(fault) {
        Some(fault) => field(FieldFault::new("body", fault.reason)),
        None => say(TOO_LARGE, "the body is larger than 1 MiB"),
    }
}

fn field(fault: FieldFault) -> Response {
    let message = match fault.reason.as_str() {
        MISSING => format!("{} is required", fault.field),
        reason => format!("{} {reason}", fault.field),
    };
    let details = Details {
        field: Some(fault.field),
        reason: Some(fault.reason),
    };
    answer(INVALID, message, details)
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::UnknownPath => say(NOT_FOUND, "there is nothing at this path"),
        Refusal::WrongMethod => say(WRONG_METHOD, "this path takes other methods"),
        Refusal::RateLimited(wait) => say(RATE_LIMITED, format!("too many requests; try again in {wait} s")),
        Refusal::TooManyFailures(wait) => {
            let message = format!("too many refused tokens from this address; try again in {wait} s");
            say(RATE_LIMITED, message)
        }
        Refusal::TooLarge => body(BodyFault::TooLarge),
        Refusal::BadKey => header_fault("must be 1 to 255 printable ASCII characters, once"),
        Refusal::KeyReused => header_fault("came with another request before"),
        Refusal::KeyBusy => header_fault("belongs to a request that is still being answered; try again"),
        Refusal::Panicked => troubled(
            INTERNAL,
            "something is broken on the server's side",
            "a handler panicked".to_owned(),
        ),
        Refusal::Slow => troubled(
            INTERNAL,
            "this took too long on the server's side",
            "a handler took too long".to_owned(),
        ),
    }
}

fn header_fault(reason: &str) -> Response {
    field(FieldFault::new("Idempotency-Key", reason))
}

fn say(kind: Kind, message: impl Into<String>) -> Response {
    answer(kind, message.into(), Details::default())
}

fn troubled(kind: Kind, message: &str, why: String) -> Response {
    let mut response = say(kind, message);
    response.extensions_mut().insert(Trouble::new(why));
    response
}

fn answer(Kind(status, code): Kind, message: String, details: Details) -> Response {
    let error = ErrorOut {
        code,
        message,
        details,
    };
    respond::json(status, &FailureOut { error })
}
