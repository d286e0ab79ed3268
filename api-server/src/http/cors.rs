//! Which pages of other origins may speak with a dialect from a browser (Fetch standard, CORS protocol): origins
//! that the configuration names are reflected, with credentials; all others get no leave and so read nothing.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};

use super::respond;

/// What a page may send, and how long a browser may remember that.
const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, OPTIONS, PATCH, POST, PUT");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, accept-encoding, authorization, content-type, dnt, origin, user-agent, x-csrftoken, x-requested-with",
);
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const YES: HeaderValue = HeaderValue::from_static("true");

/// Whose pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
}

impl Cors {
    /// Those of these origins, such as `https://app.example`.
    pub fn new(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
        }
    }

    /// The answer to a browser's question whether a page may send something.
    pub fn preflight(&self, parts: &Parts) -> Option<Response> {
        let asks = parts.method == Method::OPTIONS
            && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let origin = parts.headers.get(header::ORIGIN).filter(|_| asks)?;
        let mut response = respond::empty(StatusCode::OK);
        let headers = response.headers_mut();
        self.show(Some(origin), headers);
        if self.allows(origin) {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
                (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
            ] {
                headers.insert(name, value);
            }
        }
        Some(response)
    }

    /// Says on an answer which page may read it.
    pub fn show(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin.filter(|origin| self.allows(origin)) {
            let reflected: [(HeaderName, HeaderValue); 2] = [
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
                (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, YES),
            ];
            headers.extend(reflected);
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        let origin = origin.as_bytes();
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asked(method: Method, origin: &str) -> Parts {
        let request = Request::builder()
            .method(method)
            .header("origin", origin)
            .header("access-control-request-method", "PATCH");
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_a_named_origin_is_given_leave() {
        let cors = Cors::new(["http://localhost:3000"]);
        let yes = cors
            .preflight(&asked(Method::OPTIONS, "http://localhost:3000"))
            .unwrap();
        assert_eq!(
            yes.headers()["access-control-allow-origin"],
            "http://localhost:3000"
        );
        assert_eq!(yes.headers()["access-control-allow-credentials"], "true");
        assert_eq!(yes.headers()["access-control-max-age"], "86400");
        for other in [
            "http://localhost:3001",
            "http://localhost:30000",
            "null",
            "https://localhost:3000",
        ] {
            let no = cors.preflight(&asked(Method::OPTIONS, other)).unwrap();
            assert!(
                !no.headers().contains_key("access-control-allow-origin"),
                "{other}"
            );
            assert!(
                !no.headers().contains_key("access-control-allow-methods"),
                "{other}"
            );
        }
        assert!(
            cors.preflight(&asked(Method::GET, "http://localhost:3000"))
                .is_none()
        );
    }
}
