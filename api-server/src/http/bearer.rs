//! The token of a request's `Authorization` (RFC 6750; RFC 9449 for those bound to a key). Absent, doubled, blank or oversized ones are no token.

use axum::http::{HeaderMap, header::AUTHORIZATION};

/// The longest token looked at, in bytes.
const LONGEST: usize = 8 * 1024;

/// The token of `Authorization: Bearer <token>`.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    of_scheme(headers, "bearer")
}

/// The token of `Authorization: <scheme> <token>`.
pub fn of_scheme<'headers>(headers: &'headers HeaderMap, wanted: &str) -> Option<&'headers str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else {
        return None;
    };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let well_formed = !token.is_empty() && token.len() <= LONGEST && !token.contains([' ', '\t']);
    (scheme.eq_ignore_ascii_case(wanted) && well_formed).then_some(token)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        token(&headers).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_taken() {
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer abc"]).as_deref(), Some("abc"));
    }

    #[test]
    fn a_scheme_is_one_of_its_own() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("DPoP abc"));
        assert_eq!(of_scheme(&headers, "dpop"), Some("abc"));
        assert_eq!(token(&headers), None);
    }

    #[test]
    fn anything_else_is_no_token() {
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Bearer   "],
            &["Bearer a b"],
            &["Basic abc"],
            &["abc"],
            &["Bearer abc", "Bearer abc"],
        ] {
            assert_eq!(of(values), None, "{values:?}");
        }
        assert_eq!(of(&[&format!("Bearer {}", "a".repeat(LONGEST + 1))]), None);
    }
}
