//! How this door says no: `{"errors":["…"]}`, or nothing between the brackets where something is not there.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::{Error, metadata::Why, name::BadName};
use serde_json::json;

use crate::{
    http::{
        body::BodyFault, context::Context, dialect::Refusal, params::NotText, rate::RefusedCredential,
        respond,
    },
    native::error::Trouble,
};

/// What a token that is good, and not for this, is told.
const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";
/// What one that is none is told.
const NO_TOKEN: &str = "permission denied";

/// Everything that ends a request of this door early.
#[derive(Debug)]
pub enum Fault {
    /// The domain refused.
    Domain(Error),
    /// The body was not taken.
    Body(BodyFault),
    /// This status with these words.
    Said(StatusCode, String),
    /// This status without words.
    Empty(StatusCode),
    /// There is nothing, and no body says so: what patches are told.
    Nothing,
    /// There is a version, and it cannot be read any more: nothing that could be patched.
    NotReadable,
    /// What a login was tried with is not good.
    Credential(&'static str),
    /// No mount has this path.
    Unrouted,
    /// Other methods.
    Method,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<BadName> for Fault {
    fn from(bad: BadName) -> Self {
        Self::Domain(bad.into())
    }
}

impl From<BodyFault> for Fault {
    fn from(fault: BodyFault) -> Self {
        Self::Body(fault)
    }
}

impl From<NotText> for Fault {
    fn from(_: NotText) -> Self {
        Self::bad("the path must be UTF-8 text once percent-decoded")
    }
}

impl Fault {
    /// The request cannot be meant.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::Said(StatusCode::BAD_REQUEST, message.into())
    }

    /// What this is about is not there.
    pub fn missing() -> Self {
        Self::Empty(StatusCode::NOT_FOUND)
    }
}

/// Marks an answer whose words name the path that no mount has.
#[derive(Debug, Clone, Copy)]
struct Unrouted;

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Domain(error) => domain(error),
            Self::Body(fault) => body(&fault),
            Self::Said(status, message) => say(status, &message),
            Self::Empty(status) => errors(status, &[]),
            Self::Nothing | Self::NotReadable => respond::empty(StatusCode::NOT_FOUND),
            Self::Credential(message) => refused(StatusCode::BAD_REQUEST, message),
            Self::Unrouted => unrouted(),
            Self::Method => say(
                StatusCode::METHOD_NOT_ALLOWED,
                "1 error occurred:\n\t* unsupported operation\n\n",
            ),
        }
    }
}

fn domain(error: Error) -> Response {
    match error {
        Error::Invalid { .. } | Error::AlreadyExists { .. } | Error::Managed { .. } => {
            say(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Error::Refused(why) | Error::Conflict(why) => say(StatusCode::BAD_REQUEST, &why),
        Error::TooLarge { .. } => say(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
        Error::Unauthenticated(_) => refused(StatusCode::FORBIDDEN, NO_TOKEN),
        Error::Forbidden { .. } | Error::NotAdmitted { .. } => say(StatusCode::FORBIDDEN, DENIED),
        Error::NotFound {
            what: "vault" | "organization" | "environment",
            ..
        } => unrouted(),
        Error::NotFound { .. } | Error::Deleted { .. } | Error::Destroyed { .. } | Error::Gone(_) => {
            errors(StatusCode::NOT_FOUND, &[])
        }
        Error::Unusable { why, .. } => match why {
            Why::Disabled | Why::NotYetActive(_) | Why::Expired(_) => errors(StatusCode::NOT_FOUND, &[]),
        },
        Error::Unavailable(why) => {
            let message = "the store cannot take this now; try again";
            let mut response = troubled(StatusCode::SERVICE_UNAVAILABLE, message, why);
            let later = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, later);
            response
        }
        Error::Internal(why) => troubled(StatusCode::INTERNAL_SERVER_ERROR, "internal error", why),
    }
}

fn body(fault: &BodyFault) -> Response {
    match fault {
        BodyFault::TooLarge => say(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is larger than this server takes",
        ),
        BodyFault::Slow => say(StatusCode::BAD_REQUEST, "the body did not arrive in time"),
        BodyFault::Broken => say(StatusCode::BAD_REQUEST, "the body could not be read"),
        BodyFault::Encoded => say(
            StatusCode::BAD_REQUEST,
            "the body must come without Content-Encoding",
        ),
        BodyFault::Json(fault) => say(
            StatusCode::BAD_REQUEST,
            &format!("failed to parse JSON input: {}", fault.message),
        ),
    }
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::UnknownPath => unrouted(),
        Refusal::WrongMethod => Fault::Method.into_response(),
        Refusal::RateLimited(wait) | Refusal::TooManyFailures(wait) => {
            let mut response = say(
                StatusCode::TOO_MANY_REQUESTS,
                "request path is rate limited; try again later",
            );
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*wait));
            response
        }
        Refusal::TooLarge => body(&BodyFault::TooLarge),
        Refusal::BadKey | Refusal::KeyReused | Refusal::KeyBusy => {
            say(StatusCode::BAD_REQUEST, "idempotency keys are not taken here")
        }
        Refusal::Panicked => troubled(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error",
            "a handler panicked".to_owned(),
        ),
        Refusal::Slow => troubled(
            StatusCode::SERVICE_UNAVAILABLE,
            "this took too long on the server's side",
            "a handler took too long".to_owned(),
        ),
    }
}

/// Says which path it is that no mount has.
pub fn revise(context: &Context, response: Response) -> Response {
    if response.extensions().get::<Unrouted>().is_none() {
        return response;
    }
    let path = context.path();
    let path = path.strip_prefix("/v1/").unwrap_or(path);
    let message = format!("no handler for route \"{path}\". route entry not found.");
    say(StatusCode::NOT_FOUND, &message)
}

/// Refuses a credential, which is counted.
fn refused(status: StatusCode, message: &str) -> Response {
    let mut response = say(status, message);
    response.extensions_mut().insert(RefusedCredential);
    response
}

fn unrouted() -> Response {
    let mut response = errors(StatusCode::NOT_FOUND, &[]);
    response.extensions_mut().insert(Unrouted);
    response
}

fn troubled(status: StatusCode, message: &str, why: String) -> Response {
    let mut response = say(status, message);
    response.extensions_mut().insert(Trouble::new(why));
    response
}

fn say(status: StatusCode, message: &str) -> Response {
    errors(status, &[message])
}

fn errors(status: StatusCode, messages: &[&str]) -> Response {
    respond::json(status, &json!({ "errors": messages }))
}
