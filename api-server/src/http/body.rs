//! Request bodies: bounded in size, time and depth, parsed strictly.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header::CONTENT_ENCODING};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::json_fault;

/// The largest body, in bytes. A 64 KiB value needs six times that at worst, every byte escaped.
pub const LARGEST: usize = 1024 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The deepest nesting.
const DEEPEST: usize = 64;

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// Larger than [`LARGEST`].
    TooLarge,
    /// It did not arrive in time.
    Slow,
    /// The connection broke, or the framing is wrong.
    Broken,
    /// It came compressed: bombs are refused with everything like them.
    Encoded,
    /// Not the JSON that is expected.
    Json(json_fault::Fault),
}

/// Reads and parses a JSON body.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, BodyFault> {
    parse(&read(headers, body).await?)
}

/// Reads and parses a JSON body; an empty one is `T::default()`.
pub async fn json_or_default<T: DeserializeOwned + Default>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, BodyFault> {
    let bytes = read(headers, body).await?;
    if bytes.is_empty() {
        Ok(T::default())
    } else {
        parse(&bytes)
    }
}

/// Reads a JSON body as a tree; an empty one is null.
pub async fn tree(headers: &HeaderMap, body: Body) -> Result<serde_json::Value, BodyFault> {
    json_or_default(headers, body).await
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyFault> {
    bytes(headers, body, LARGEST).await
}

/// Reads a body of at most `largest` bytes as it is.
pub async fn bytes(headers: &HeaderMap, body: Body, largest: usize) -> Result<Bytes, BodyFault> {
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(BodyFault::Encoded);
    }
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > largest as u64 {
        return Err(BodyFault::TooLarge);
    }
    match tokio::time::timeout(PATIENCE, to_bytes(body, largest)).await {
        Err(_) => Err(BodyFault::Slow),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(if is_limit(&error) {
            BodyFault::TooLarge
        } else {
            BodyFault::Broken
        }),
    }
}

/// Whether axum stopped at the limit: its own error type for that is in the chain by name only.
fn is_limit(error: &axum::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = source {
        if current.to_string() == "length limit exceeded" {
            return true;
        }
        source = current.source();
    }
    false
}

/// Parses a JSON body that was read.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyFault> {
    if depth(bytes) > DEEPEST {
        let message = format!("nests deeper than {DEEPEST}");
        return Err(BodyFault::Json(json_fault::Fault {
            field: "body".into(),
            message,
        }));
    }
    serde_json::from_slice(bytes).map_err(|error| BodyFault::Json(json_fault::describe(&error)))
}

/// The deepest nesting of brackets outside strings: found before anything is parsed.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut now, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => now += 1,
            b']' | b'}' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        for (text, expected) in [
            ("1", 0),
            ("[[{}]]", 3),
            (r#"{"a":"[[[["}"#, 1),
            (r#"["\"[["]"#, 1),
            ("]]]", 0),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn deep_large_and_encoded_bodies_are_refused() {
        let headers = HeaderMap::new();
        let deep = "[".repeat(100_000);
        let fault = json::<serde_json::Value>(&headers, Body::from(deep))
            .await
            .unwrap_err();
        assert!(matches!(fault, BodyFault::Json(..)));
        let large = " ".repeat(LARGEST + 1);
        assert_eq!(
            json::<u8>(&headers, Body::from(large.clone())).await,
            Err(BodyFault::TooLarge)
        );
        let chunks = futures::stream::iter([Ok::<_, std::io::Error>(large), Ok("1".into())]);
        assert_eq!(
            json::<u8>(&headers, Body::from_stream(chunks)).await,
            Err(BodyFault::TooLarge)
        );
        let mut encoded = HeaderMap::new();
        encoded.insert(CONTENT_ENCODING, axum::http::HeaderValue::from_static("gzip"));
        assert_eq!(
            json::<u8>(&encoded, Body::from("1")).await,
            Err(BodyFault::Encoded)
        );
    }

    #[tokio::test]
    async fn an_empty_body_can_stand_for_the_default() {
        assert_eq!(
            json_or_default::<Vec<u8>>(&HeaderMap::new(), Body::empty()).await,
            Ok(vec![])
        );
        assert_eq!(
            json_or_default::<Vec<u8>>(&HeaderMap::new(), Body::from("[1]")).await,
            Ok(vec![1])
        );
    }
}
