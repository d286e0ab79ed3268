//! Pages: `{"items":[…],"next":…}`, where `next` is what to send as `after`, or null at the end.

use coffer_domain::usecase::MAX_PAGE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::query::{Query, QueryFault};

/// How many items a page has if the request does not say.
const USUAL: u32 = 100;

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Send this as `after` for the page that follows; null if there is none.
    pub next: Option<String>,
}

/// The page size that a request asks for: 1 to 1000, 100 if it does not say.
pub fn limit(query: &Query<'_>) -> Result<u32, QueryFault> {
    let wrong = || QueryFault {
        parameter: "limit".into(),
        message: format!("must be 1 to {MAX_PAGE}"),
    };
    match query.number("limit")? {
        None => Ok(USUAL),
        Some(number) => u32::try_from(number)
            .ok()
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or_else(wrong),
    }
}

impl<T> Page<T> {
    /// A page of `items`; if it is full, more may follow after `key` of its last.
    pub fn of<U>(items: Vec<U>, limit: u32, key: impl Fn(&U) -> String, show: impl Fn(U) -> T) -> Self {
        let full = items.len() as u64 >= u64::from(limit);
        let next = full.then(|| items.last().map(key)).flatten();
        Self {
            items: items.into_iter().map(show).collect(),
            next,
        }
    }

    /// All there is, on one page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_says_where_to_go_on() {
        let page = Page::of(vec![1, 2], 2, ToString::to_string, |n| n);
        assert_eq!(page.next.as_deref(), Some("2"));
        assert_eq!(Page::of(vec![1], 2, ToString::to_string, |n| n).next, None);
    }

    #[test]
    fn limits_are_1_to_1000() {
        let limit_of = |text| limit(&Query::read(Some(text), &["limit"]).unwrap());
        assert_eq!(limit_of(""), Ok(100));
        assert_eq!(limit_of("limit=1000"), Ok(1000));
        for text in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "limit=99999999999999999999",
        ] {
            assert_eq!(limit_of(text).unwrap_err().parameter, "limit", "{text}");
        }
    }
}
