//! This door's address as its client reaches it.

use axum::http::{HeaderMap, header::HOST};

use crate::{app::App, http::context::RequestContext};

/// The address without `/v1`: as configured, or as the request says. It goes back to the one who sent that.
pub fn own(app: &App, context: &RequestContext, headers: &HeaderMap) -> String {
    let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let usual = if app.trust.is_some() { "https" } else { "http" };
    let scheme = match named("x-forwarded-proto") {
        Some("https") => "https",
        Some("http") => "http",
        _ => usual,
    };
    let plain = |host: &&str| {
        let known =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        !host.is_empty() && host.bytes().all(known)
    };
    let host = named("x-forwarded-host").filter(plain);
    let host = host
        .or_else(|| named(HOST.as_str()).filter(plain))
        .unwrap_or("localhost");
    let server = match &app.keyway.settings.public_url {
        Some(url) => url.clone(),
        None => format!("{scheme}://{host}"),
    };
    format!("{server}{}", context.0.mount())
}
