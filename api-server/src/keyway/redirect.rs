//! Redirects.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use coffer_domain::Error;

use super::error::Problem;
use crate::http::respond;

/// A redirect that tells nobody where it came from: its address may hold a token.
pub fn redirect(url: &str, cookie: Option<HeaderValue>) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url)
        .map_err(|_| Error::Internal("an address cannot stand in a header".to_owned()))?;
    let mut response = respond::empty(StatusCode::FOUND);
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
