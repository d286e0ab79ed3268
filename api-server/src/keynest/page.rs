//! Pages: `{count, next, previous, results}`, with links as absolute addresses.

use axum::{http::HeaderMap, http::StatusCode, http::header::HOST, response::Response};
use coffer_domain::usecase::keynest;
use serde::Serialize;

use super::{auth::Asked, error::Failure};
use crate::{
    app::App,
    http::{query::Query, respond},
};

const USUAL: usize = 20;
const MOST: usize = 100;

/// The page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Which, from 1; `None`: the last.
    page: Option<usize>,
    size: usize,
}

#[derive(Serialize)]
struct PageOut<T> {
    count: usize,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

impl Wanted {
    /// From `page` and `page_size`.
    pub fn of(query: &Query<'_>) -> Result<Self, Failure> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<usize>().ok()).flatten()
        };
        let size = match query.text("page_size") {
            None => USUAL,
            Some(text) => {
                let size = number(text).filter(|size| *size > 0);
                size.ok_or_else(|| Failure::field("page_size", "A valid integer is required."))?
            }
        };
        let page = match query.text("page") {
            None => Some(1),
            Some("last") => None,
            Some(text) => Some(
                number(text)
                    .filter(|page| *page > 0)
                    .ok_or_else(Failure::missing)?,
            ),
        };
        let size = size.min(MOST);
        Ok(Self { page, size })
    }

    /// What to ask the use-case for. The last page is known only when all are.
    pub fn window(self) -> keynest_window::Window {
        match self.page {
            None => keynest_window::Window::ALL,
            Some(page) => keynest_window::Window {
                skip: (page - 1).saturating_mul(self.size),
                limit: self.size,
            },
        }
    }

    /// The answer; an empty page that is not the first is none.
    pub fn answer<T, Out: Serialize>(
        self,
        app: &App,
        asked: &Asked,
        found: keynest::Page<T>,
        show: impl Fn(T) -> Out,
    ) -> Result<Response, Failure> {
        let count = found.count;
        let last = count.div_ceil(self.size).max(1);
        let page = self.page.unwrap_or(last);
        if page > last {
            return Err(Failure::missing());
        }
        let skip = if self.page.is_none() {
            (last - 1) * self.size
        } else {
            0
        };
        let base = address(app, asked);
        let body = PageOut {
            count,
            next: (page < last).then(|| link(&base, asked.uri.query(), page + 1)),
            previous: (page > 1).then(|| link(&base, asked.uri.query(), page - 1)),
            results: found.items.into_iter().skip(skip).map(show).collect(),
        };
        Ok(respond::json(StatusCode::OK, &body))
    }
}

mod keynest_window {
    pub use coffer_domain::usecase::secrets::Span as Window;
}

/// The address of a page, parameters sorted by name; the first one is not named.
fn link(base: &str, query: Option<&str>, page: usize) -> String {
    let mut parameters: Vec<(String, String)> = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if page > 1 {
        parameters.push(("page".to_owned(), page.to_string()));
    }
    parameters.sort();
    let mut text = form_urlencoded::Serializer::new(String::new());
    let text = text.extend_pairs(parameters).finish();
    if text.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{text}")
    }
}

/// The request's own address without its query.
fn address(app: &App, asked: &Asked) -> String {
    let scheme = if app.trust.is_some() || forwarded_https(&asked.headers) {
        "https"
    } else {
        "http"
    };
    let host = asked.headers.get(HOST).and_then(|host| host.to_str().ok());
    let plain = |host: &&str| {
        let good =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        host.bytes().all(good)
    };
    let host = host.filter(plain).unwrap_or("localhost");
    format!("{scheme}://{host}{}", asked.context.0.asked_path())
}

/// What a proxy says of its client's connection. Only links are made by it, and only for whoever sent it.
fn forwarded_https(headers: &HeaderMap) -> bool {
    let said = headers.get("x-forwarded-proto");
    said.is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, Failure> {
        Wanted::of(&Query::lenient(Some(query)))
    }

    #[test]
    fn pages_are_counted_from_one_and_bounded() {
        for (query, page, size) in [
            ("", Some(1), 20),
            ("page=3&page_size=5", Some(3), 5),
            ("page=last&page_size=1000", None, 100),
        ] {
            assert_eq!(wanted(query).unwrap(), Wanted { page, size }, "{query}");
        }
        for query in [
            "page=0",
            "page=x",
            "page=-1",
            "page=",
            "page_size=0",
            "page_size=x",
            "page=1.0",
        ] {
            assert!(wanted(query).is_err(), "{query}");
        }
    }

    #[test]
    fn links_keep_what_was_asked_sorted_and_do_not_name_the_first_page() {
        let base = "http://h/api/projects/";
        assert_eq!(
            link(base, Some("search=a+b&page=2&organization=1"), 3),
            format!("{base}?organization=1&page=3&search=a+b")
        );
        assert_eq!(link(base, Some("page=2"), 1), base);
    }
}
