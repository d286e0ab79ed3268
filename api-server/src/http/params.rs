//! Path parameters, percent-decoded exactly once.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

/// A parameter that is not UTF-8 text when decoded.
#[derive(Debug)]
pub struct NotText;

/// The parameters of the route that matched.
pub async fn of(parts: &mut Parts) -> Result<RawPathParams, NotText> {
    RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| NotText)
}

/// One of them; empty if the route has none of that name, which is no name's form.
pub fn get<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params
        .iter()
        .find(|(found, _)| *found == name)
        .map_or("", |(_, value)| value)
}
