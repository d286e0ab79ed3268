//! How this door says no: a status and one JSON shape, [`Failure`].

use std::fmt;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::Error;
use coffer_wire::Failure;

use crate::http::{
    body::BodyFault, dialect::Refusal, json_fault, params::NotText, query::QueryFault, respond,
};

/// After how many seconds a pod may ask again for whose stream there was no room.
const CROWDED_WAIT: i64 = 5;

/// Everything that ends a request of this door early.
#[derive(Debug)]
pub enum ApiError {
    /// The domain refused.
    Domain(Error),
    /// What `If-Match` or `If-None-Match` expects is not so.
    Precondition(String),
    /// The body was not taken.
    Body(BodyFault),
    /// The caller's namespace has as many streams open as it may have.
    Crowded,
    /// No such path.
    UnknownPath,
    /// The path takes other methods.
    WrongMethod,
}

/// What went wrong on our side: for the log, not for the client.
#[derive(Debug, Clone)]
pub struct Trouble(String);

impl Trouble {
    /// `why`, which holds no value.
    pub fn new(why: String) -> Self {
        Self(why)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<BodyFault> for ApiError {
    fn from(fault: BodyFault) -> Self {
        Self::Body(fault)
    }
}

impl From<QueryFault> for ApiError {
    fn from(fault: QueryFault) -> Self {
        Self::Domain(Error::invalid(fault.parameter, fault.message))
    }
}

impl From<NotText> for ApiError {
    fn from(_: NotText) -> Self {
        Self::Domain(Error::invalid("path", "is not UTF-8 text once percent-decoded"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Domain(error) => domain(error),
            Self::Precondition(message) => {
                plain(StatusCode::PRECONDITION_FAILED, "precondition_failed", &message)
            }
            Self::Body(fault) => body(fault),
            Self::Crowded => later(
                CROWDED_WAIT,
                "too_many_streams",
                "the namespace has as many streams open as it may have",
            ),
            Self::UnknownPath => plain(
                StatusCode::NOT_FOUND,
                "unknown_path",
                "there is nothing at this path; the API is described in its OpenAPI document",
            ),
            Self::WrongMethod => plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong_method",
                "this path takes other methods; see the Allow header",
            ),
        }
    }
}

/// The status of each refusal. What is hidden reads like what is missing already in the domain.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden { .. } | Error::NotAdmitted { .. } | Error::Unusable { .. } => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Deleted { .. } | Error::Destroyed { .. } | Error::Gone(_) => StatusCode::GONE,
        Error::AlreadyExists { .. } | Error::Managed { .. } | Error::Refused(_) | Error::Conflict(_) => {
            StatusCode::CONFLICT
        }
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a refusal tells the client: of troubles on our side, no more than that.
pub fn failure(error: &Error) -> Failure {
    let message = match error {
        Error::Unavailable(_) => "the store cannot take this now; try again".to_owned(),
        Error::Internal(_) => "something is broken on the server's side; its log says what".to_owned(),
        told => told.to_string(),
    };
    Failure {
        code: error.code().to_owned(),
        message,
        names: Vec::new(),
    }
}

fn domain(error: Error) -> Response {
    let mut response = respond::json(status(&error), &failure(&error));
    let headers = response.headers_mut();
    match &error {
        Error::Unauthenticated(_) => {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(r#"Bearer realm="coffer""#),
            );
        }
        Error::Unavailable(_) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    if let Error::Unavailable(why) | Error::Internal(why) = error {
        response.extensions_mut().insert(Trouble(why));
    }
    response
}

/// An answer to something broken on our side.
pub fn internal(why: &str) -> Response {
    domain(Error::Internal(why.to_owned()))
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::UnknownPath => ApiError::UnknownPath.into_response(),
        Refusal::WrongMethod => ApiError::WrongMethod.into_response(),
        Refusal::RateLimited(wait) => later(*wait, "rate_limited", "too many requests"),
        Refusal::TooManyFailures(wait) => later(
            *wait,
            "too_many_failures",
            "too many credentials from this address were refused",
        ),
        Refusal::TooLarge => body(BodyFault::TooLarge),
        Refusal::BadKey | Refusal::KeyReused | Refusal::KeyBusy => {
            domain(Error::invalid("Idempotency-Key", "cannot be taken"))
        }
        Refusal::Panicked => internal("a handler panicked"),
        Refusal::Slow => internal("a handler took too long"),
    }
}

fn later(wait: i64, code: &str, message: &str) -> Response {
    let message = format!("{message}; try again in {wait} s");
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, code, &message);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    response
}

fn body(fault: BodyFault) -> Response {
    match fault {
        BodyFault::TooLarge => plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "body: larger than 1 MiB",
        ),
        BodyFault::Slow => plain(
            StatusCode::REQUEST_TIMEOUT,
            "slow_body",
            "body: did not arrive within 30 s",
        ),
        BodyFault::Broken => plain(StatusCode::BAD_REQUEST, "invalid", "body: could not be read"),
        BodyFault::Encoded => plain(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "encoded_body",
            "body: send it without Content-Encoding",
        ),
        BodyFault::Json(json_fault::Fault { field, message }) => domain(Error::invalid(field, message)),
    }
}

fn plain(status: StatusCode, code: &str, message: &str) -> Response {
    let failure = Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        names: Vec::new(),
    };
    respond::json(status, &failure)
}
