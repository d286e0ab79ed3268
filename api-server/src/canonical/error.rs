//! How this door says no: `{"error","code","message","correlation_id","details"?}`, one code for each reason. The
//! request's id is filled in when the answer leaves.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_domain::{
    Error,
    canonical_uri::UriFault,
    provider::{Gone, PayloadFault, ProviderFault},
};
use serde_json::{Value, json};

use crate::{
    http::{body::BodyFault, context::Context, dialect::Refusal, respond, time},
    native::error::Trouble,
};

const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Everything that ends a request of this door early.
#[derive(Debug, Clone)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Option<Box<Value>>,
    challenge: Option<Box<Challenge>>,
    wait: Option<u64>,
    trouble: Option<String>,
}

/// What the sender is to do about it: `WWW-Authenticate`, and a nonce for its next proof.
#[derive(Debug, Clone)]
struct Challenge {
    words: String,
    nonce: Option<String>,
}

impl Failure {
    fn challenging(self, words: impl Into<String>, nonce: Option<String>) -> Self {
        let words = words.into();
        Self {
            challenge: Some(Box::new(Challenge { words, nonce })),
            ..self
        }
    }

    /// With this status and code.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            message: message.into(),
            details: None,
            challenge: None,
            wait: None,
            trouble: None,
        }
    }

    /// A field or parameter that is not as it must be.
    pub fn invalid(field: &str, rule: &str) -> Self {
        Self::new(400, "INVALID_REQUEST", format!("{field} {rule}"))
    }

    /// No credential, or a bad one.
    pub fn unauthenticated(message: &str, sent: bool) -> Self {
        let error = if sent { r#", error="invalid_token""# } else { "" };
        let words = format!(r#"Bearer realm="secrets"{error}"#);
        Self::new(401, "UNAUTHENTICATED", message).challenging(words, None)
    }

    /// A token that is bound to a key came without a good proof of it.
    pub fn proof(message: &str) -> Self {
        let words = r#"DPoP error="invalid_dpop_proof""#;
        Self::new(401, "INVALID_DPOP_PROOF", message).challenging(words, None)
    }

    /// A proof that was used before.
    pub fn replayed() -> Self {
        Self {
            code: "DPOP_REPLAY",
            ..Self::proof("this proof was used before: make a new one for each request")
        }
    }

    /// A proof without a nonce of this server's, or with one of long ago; this is one to send.
    pub fn nonce(fresh: String) -> Self {
        let message = "put the nonce of the header DPoP-Nonce into the proof";
        Self::new(401, "USE_DPOP_NONCE", message).challenging(r#"DPoP error="use_dpop_nonce""#, Some(fresh))
    }

    /// A certificate that is not the token's, or is missing.
    pub fn certificate(code: &'static str, message: &str) -> Self {
        Self {
            code,
            ..Self::unauthenticated(message, true)
        }
    }

    /// A token without a scope that is needed.
    pub fn scope(needed: &[&str]) -> Self {
        let needed = needed.join(" ");
        let words = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
        let message = format!("this takes the scope {needed}");
        Self::new(403, "INSUFFICIENT_SCOPE", message).challenging(words, None)
    }

    /// A mount that is not the tenant's.
    pub fn mount() -> Self {
        Self::new(400, "TENANT_MOUNT_MISMATCH", "mount not allowed for tenant")
    }

    /// There is nothing at this path.
    pub fn unknown_path() -> Self {
        Self::new(404, "NOT_FOUND", "there is nothing at this path")
    }

    /// The same, and more about it.
    #[must_use]
    pub fn with(self, details: Value) -> Self {
        Self {
            details: Some(Box::new(details)),
            ..self
        }
    }

    fn troubled(self, why: String) -> Self {
        Self {
            trouble: Some(why),
            ..self
        }
    }

    /// The same, worth another try after so many seconds.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        Self {
            wait: Some(seconds),
            ..self
        }
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Why, in one word, where its details say so.
    pub fn reason(&self) -> Option<&str> {
        self.details.as_ref()?["reason"].as_str()
    }

    /// The version of the policy that denied it, if one did.
    pub fn policy(&self) -> Option<&str> {
        let details = self.details.as_ref()?;
        let denied = details.get("failures").is_some();
        denied.then(|| details["policy_version"].as_str().unwrap_or("unknown"))
    }

    /// Its code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// As a part of a larger answer.
    pub fn short(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }

    /// What a provider's fault means, where a version was pinned or not.
    pub fn of(fault: ProviderFault, pinned: bool) -> Self {
        let text = fault.to_string();
        match fault {
            ProviderFault::NotFound => Self::new(404, "SECRET_NOT_FOUND", text),
            ProviderFault::Gone { version, what } => gone(version, what, pinned),
            ProviderFault::NoSuchKey => Self::new(404, "FRAGMENT_NOT_FOUND", text),
            ProviderFault::NotAMap => Self::new(400, "FRAGMENT_REQUIRED", text),
            ProviderFault::Payload(fault) => fault.into(),
            ProviderFault::Contended => Self::new(409, "CAS_CONFLICT", text),
            ProviderFault::Unsupported => Self::new(501, "OPERATION_NOT_SUPPORTED", text),
            ProviderFault::NotConfigured => Self::new(501, "PROVIDER_NOT_CONFIGURED", text),
            ProviderFault::Guarded => Self::new(403, "ENVIRONMENT_GUARD", text),
            ProviderFault::Broken => Self::new(502, "PROVIDER_ERROR", text),
            ProviderFault::Slow => Self::new(502, "PROVIDER_TIMEOUT", text),
            ProviderFault::Refuses => Self::new(502, "PROVIDER_FORBIDDEN", text),
            ProviderFault::Sealed => Self::new(503, "PROVIDER_UNAVAILABLE", text),
            ProviderFault::Resting => Self::new(503, "PROVIDER_CIRCUIT_OPEN", text).after(30),
            ProviderFault::Crowded => Self::new(503, "OVERLOADED", text).after(1),
            ProviderFault::Limited(wait) => Self::new(429, "RATE_LIMITED", text).after(wait.unwrap_or(1)),
            ProviderFault::Domain(error) => error.into(),
        }
    }
}

/// A version that cannot be read: a conflict where it was asked for by its number, else as if there were none.
fn gone(version: u64, what: Gone, pinned: bool) -> Failure {
    let (state, code, deleted_at) = match what {
        Gone::Deleted(at) => ("deleted", "SECRET_VERSION_DELETED", at),
        Gone::Destroyed => ("destroyed", "SECRET_VERSION_DESTROYED", None),
    };
    let message = format!("version {version} is {state}");
    if !pinned {
        return Failure::new(404, "SECRET_NOT_FOUND", message)
            .with(json!({ "state": state, "version": version }));
    }
    let mut details = json!({ "version": version });
    if let Some(at) = deleted_at {
        details["deletion_time"] = json!(time::millis(at));
    }
    Failure::new(409, code, message).with(details)
}

impl From<UriFault> for Failure {
    fn from(fault: UriFault) -> Self {
        Self::new(400, fault.code(), fault.to_string())
    }
}

impl From<PayloadFault> for Failure {
    fn from(fault: PayloadFault) -> Self {
        Self::new(400, "INVALID_PAYLOAD", fault.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Invalid { .. } | Error::Refused(_) => Self::new(400, "INVALID_REQUEST", text),
            Error::TooLarge { .. } => Self::new(413, "PAYLOAD_TOO_LARGE", text),
            Error::Unauthenticated(why) => Self::unauthenticated(why, true),
            Error::Forbidden { .. } | Error::NotAdmitted { .. } => Self::new(
                403,
                "SECRET_AUTHZ_FAILED",
                "the subject may not do this to this secret",
            ),
            Error::Unusable { .. } => Self::new(403, "SECRET_AUTHZ_FAILED", "this is not the secret's time"),
            Error::NotFound {
                what: "organization" | "vault" | "environment",
                ..
            } => Self::mount(),
            Error::NotFound { .. } | Error::Gone(_) => Self::new(404, "SECRET_NOT_FOUND", "no such secret"),
            Error::Deleted { version, .. } => gone(version, Gone::Deleted(None), false),
            Error::Destroyed { version, .. } => gone(version, Gone::Destroyed, false),
            Error::AlreadyExists { .. } => {
                Self::new(409, "DESTINATION_EXISTS", "there is such a secret already")
            }
            Error::Managed { .. } => Self::new(409, "SECRET_MANAGED", text),
            Error::Conflict(_) => Self::new(409, "CAS_CONFLICT", text),
            Error::Unavailable(why) => Self::new(
                503,
                "PROVIDER_UNAVAILABLE",
                "the store does not answer now; try again",
            )
            .troubled(why),
            Error::Internal(why) => internal().troubled(why),
        }
    }
}

fn internal() -> Failure {
    Failure::new(500, "INTERNAL_ERROR", "something is broken on the server's side")
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::new(413, "PAYLOAD_TOO_LARGE", "the body is larger than 1 MiB"),
            BodyFault::Slow => Self::invalid("body", "did not arrive in time"),
            BodyFault::Broken => Self::invalid("body", "could not be read"),
            BodyFault::Encoded => Self::invalid("body", "must come without Content-Encoding"),
            BodyFault::Json(fault) => Self::invalid(&fault.field, &fault.message),
        }
    }
}

impl IntoResponse for Failure {
    /// Its status and headers; [`revise`] writes the body.
    fn into_response(self) -> Response {
        let mut response = respond::empty(self.status);
        let headers = response.headers_mut();
        if let Some(Challenge { words, nonce }) = self.challenge.as_deref() {
            for (name, text) in [(header::WWW_AUTHENTICATE, Some(words)), (NONCE, nonce.as_ref())] {
                if let Some(Ok(value)) = text.map(|text| HeaderValue::from_str(text)) {
                    headers.insert(name, value);
                }
            }
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if let Some(why) = &self.trouble {
            response.extensions_mut().insert(Trouble::new(why.clone()));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a failure, and says of every answer which request it is for.
pub fn revise(context: &Context, mut response: Response) -> Response {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let mut body = json!({
            "error": failure.status.canonical_reason().unwrap_or_default(),
            "code": failure.code,
            "message": failure.message,
            "correlation_id": context.id.as_str(),
        });
        if let Some(details) = failure.details {
            body["details"] = *details;
        }
        *response.body_mut() = respond::json(failure.status, &body).into_body();
        response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        // The router has measured the empty one.
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    if headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it == "application/json")
    {
        headers.insert(header::CONTENT_TYPE, JSON);
    }
    headers.insert(CORRELATION, context.id.header());
    response
}

/// How the shared mechanics' refusals read here.
pub fn refuse(refusal: &Refusal) -> Response {
    let seconds = |wait: &i64| u64::try_from(*wait).unwrap_or(1);
    let failure = match refusal {
        Refusal::UnknownPath => Failure::unknown_path(),
        Refusal::WrongMethod => Failure::new(405, "METHOD_NOT_ALLOWED", "this path takes other methods"),
        Refusal::RateLimited(wait) => {
            Failure::new(429, "RATE_LIMITED", "too many requests").after(seconds(wait))
        }
        Refusal::TooManyFailures(wait) => {
            Failure::new(429, "RATE_LIMITED", "too many refused tokens from this address")
                .after(seconds(wait))
        }
        Refusal::TooLarge => BodyFault::TooLarge.into(),
        Refusal::BadKey | Refusal::KeyReused | Refusal::KeyBusy => {
            Failure::invalid("Idempotency-Key", "does not count here")
        }
        Refusal::Panicked => internal().troubled("a handler panicked".to_owned()),
        Refusal::Slow => internal().troubled("a handler took too long".to_owned()),
    };
    failure.into_response()
}
