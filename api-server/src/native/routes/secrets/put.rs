//! `PUT …/secrets/{name}`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use coffer_domain::{
    Error,
    address::Version,
    usecase::secrets::{Expected, PutOptions},
};

use super::no_verb;
use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            secret::{ValueIn, WrittenOut},
        },
        path::SecretPath,
    },
};

/// Writes a new version, which becomes the current one. It is on disk when this answers.
#[utoipa::path(
    put,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{name}",
    tag = "secrets",
    params(
        ("org" = String, Path, description = "Organization"),
        ("vault" = String, Path, description = "Vault"),
        ("environment" = String, Path, description = "Environment"),
        ("name" = String, Path, description = "Secret"),
        ("If-Match" = Option<String>, Header, description = "Write only if this is the newest version: `\"3\"`"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: write only if there is no such secret"),
    ),
    request_body = ValueIn,
    responses(
        (status = 200, description = "A new version of a secret", body = WrittenOut),
        (status = 201, description = "A new secret", body = WrittenOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:write` is missing", body = FailureOut),
        (status = 404, description = "No such vault or environment, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
        (status = 412, description = "It is not as If-Match or If-None-Match expects", body = FailureOut),
        (status = 413, description = "The value is over 64 KiB", body = FailureOut),
        (status = 503, description = "The store cannot take it now", body = FailureOut),
    )
)]
pub async fn put_secret(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    no_verb(&path)?;
    let expected = expected(&headers)?;
    let value = body::json::<ValueIn>(&headers, body).await?.into_value()?;
    let written = app
        .coffer
        .put_secret(
            &caller,
            &path.address,
            value,
            PutOptions {
                expected,
                metadata: None,
            },
        )
        .await;
    let written = written.map_err(|error| match (error, expected) {
        (Error::Conflict(message), Some(_)) => ApiError::Precondition(message),
        (other, _) => other.into(),
    })?;
    let new = written.meta.version == Version::FIRST;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(respond::json(status, &WrittenOut::from(written)))
}

/// What the headers of RFC 9110, section 13 say that the writer expects.
fn expected(headers: &HeaderMap) -> Result<Option<Expected>, Error> {
    let one = |name: header::HeaderName| {
        let mut all = headers.get_all(&name).iter();
        match (all.next(), all.next()) {
            (found, None) => Ok(found),
            _ => Err(Error::invalid(name.as_str(), "is given twice")),
        }
    };
    match (one(header::IF_MATCH)?, one(header::IF_NONE_MATCH)?) {
        (None, None) => Ok(None),
        (Some(tag), None) => {
            let rule = || Error::invalid("If-Match", "must be one version in quotes, such as \"3\"");
            tag.to_str()
                .ok()
                .and_then(version_of)
                .map(|version| Some(Expected::Latest(version)))
                .ok_or_else(rule)
        }
        (None, Some(any)) if any == "*" => Ok(Some(Expected::Absent)),
        (None, Some(_)) => Err(Error::invalid("If-None-Match", "must be *")),
        (Some(_), Some(_)) => Err(Error::invalid(
            "If-Match",
            "send If-Match or If-None-Match, not both",
        )),
    }
}

fn version_of(tag: &str) -> Option<Version> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok())?.and_then(Version::new)
}
