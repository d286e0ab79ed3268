//! Envelopes: `{"data":…}` for one thing, `{"data":[…],"pagination":{…}}` for a page.

use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::http::{fields::FieldFault, offset::Window, query::Query, respond};

/// How many items a page has if the request does not say, and at most.
const USUAL: u64 = 50;
const MOST: u64 = 100;

/// One thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct One<T> {
    /// The thing.
    pub data: T,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, oldest first.
    pub data: Vec<T>,
    /// Which page it is.
    pub pagination: Pagination,
}

/// Which page it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pagination {
    /// How many items there are in all.
    total: u64,
    /// The page's number, from 1.
    page: u64,
    /// How many items a page has at most.
    limit: u64,
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    id: String,
    deleted: bool,
}

/// The page that a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    page: u64,
    limit: u64,
    named: bool,
}

impl Wanted {
    /// Of `page` and `limit`.
    pub fn of(query: &Query<'_>) -> Result<Self, ApiError> {
        Ok(Self {
            page: positive(query, "page", u64::from(u32::MAX))?.unwrap_or(1),
            limit: positive(query, "limit", MOST)?.unwrap_or(USUAL),
            named: query.text("page").is_some() || query.text("limit").is_some(),
        })
    }

    /// Where it lies in the whole.
    pub fn window(&self) -> Window {
        Window::of_page(self.page, self.limit)
    }

    /// The page of items that were read as that window of `total`.
    pub fn envelope<T>(&self, data: Vec<T>, total: u64) -> Page<T> {
        Page {
            data,
            pagination: Pagination {
                total,
                page: self.page,
                limit: self.limit,
            },
        }
    }

    /// The page of a list that was read whole.
    pub fn of_all<T>(&self, items: impl IntoIterator<Item = T>) -> Page<T> {
        let (data, total) = self.window().of(items);
        self.envelope(data, total)
    }

    /// The same, but everything where the request names neither page nor limit.
    pub fn of_all_or_everything<T>(&self, items: Vec<T>) -> Page<T> {
        if self.named {
            return self.of_all(items);
        }
        let total = items.len() as u64;
        let all = Self {
            limit: total.max(USUAL),
            ..*self
        };
        all.envelope(items, total)
    }
}

fn positive(query: &Query<'_>, name: &'static str, most: u64) -> Result<Option<u64>, ApiError> {
    let wrong = || FieldFault::new(name, format!("must be a whole number from 1 to {most}"));
    let Some(text) = query.text(name) else {
        return Ok(None);
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    let number = number
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(wrong)?;
    Ok(Some(number))
}

/// Answers with one thing.
pub fn one<T: Serialize>(data: T) -> Response {
    respond::json(StatusCode::OK, &One { data })
}

/// Answers that a thing was deleted.
pub fn deleted(id: impl Into<String>) -> Response {
    one(Deleted {
        id: id.into(),
        deleted: true,
    })
}

/// Answers with a page.
pub fn page<T: Serialize>(page: &Page<T>) -> Response {
    respond::json(StatusCode::OK, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, ApiError> {
        Wanted::of(&Query::lenient(Some(query)))
    }

    #[test]
    fn pages_are_numbered_from_one_and_bounded() {
        let usual = wanted("").unwrap();
        assert_eq!((usual.page, usual.limit), (1, 50));
        let second = wanted("page=2&limit=25&x=y").unwrap();
        assert_eq!((second.page, second.limit, second.window().skip), (2, 25, 25));
        for text in [
            "page=0",
            "page=-1",
            "page=",
            "page=x",
            "limit=0",
            "limit=101",
            "limit=1.0",
            "limit=+1",
        ] {
            let Err(ApiError::Field(fault)) = wanted(text) else {
                panic!("{text}");
            };
            assert!(text.starts_with(&fault.field), "{text}");
        }
    }

    #[test]
    fn a_list_without_paging_is_whole() {
        let items: Vec<u32> = (0..60).collect();
        let whole = wanted("").unwrap().of_all_or_everything(items.clone());
        assert_eq!((whole.data.len(), whole.pagination.limit), (60, 60));
        let paged = wanted("limit=10").unwrap().of_all_or_everything(items);
        assert_eq!((paged.data.len(), paged.pagination.total), (10, 60));
    }
}
