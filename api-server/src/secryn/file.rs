//! Downloads: a file byte for byte as it is kept.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use coffer_domain::{metadata::Kind, secret_value::SecretValue, usecase::secrets::Read};
use zeroize::Zeroizing;

use super::{error::ApiError, material::key, model::key::attribute, place};
use crate::http::{fields::FieldFault, query::Query};

const PEM: HeaderValue = HeaderValue::from_static("application/x-pem-file");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, no-cache");

/// Answers with the file of a key or certificate; of a key that has both forms, `format=ssh` asks for the other.
pub fn answer(read: Read, query: &Query<'_>) -> Result<Response, ApiError> {
    let kind = read.secret.kind();
    if kind == Kind::Value {
        return Err(place::missing(Kind::Key));
    }
    let name = read.secret.name.as_str().rsplit('/').next().unwrap_or("file");
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.pem\""));
    let file = in_form(read.value, query.text("format"), || {
        let metadata = read.secret.metadata.as_deref();
        metadata.and_then(|it| it.attributes.get(attribute::FORMAT).cloned())
    })?;
    let mut response = Response::new(Body::from(Bytes::from_owner(Zeroizing::new(
        file.reveal().to_vec(),
    ))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, PEM);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    if let Ok(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn in_form(
    file: SecretValue,
    wanted: Option<&str>,
    kept: impl Fn() -> Option<String>,
) -> Result<SecretValue, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(file);
    };
    let wrong = || FieldFault::new("format", "must be a form that the key has: pem or ssh").into();
    let kept = kept().ok_or_else(wrong)?;
    match (kept.as_str(), wanted) {
        ("pem" | "both", "pem") | ("ssh", "ssh") => Ok(file),
        ("both", "ssh") => key::ssh(&file).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}
