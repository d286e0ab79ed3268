//! Envelopes: `{"data":…,"meta":{"requestId":…}}`, and pages with `meta.pagination`.

use axum::{
    http::{StatusCode, Uri},
    response::Response,
};
use serde::Serialize;

use super::error::Problem;
use crate::http::{context::RequestContext, offset::Window, query::Query, respond};

const USUAL: u64 = 25;
const MOST: u64 = 100;

#[derive(Serialize)]
struct Envelope<'a, T> {
    data: &'a T,
    meta: Meta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    total: u64,
    limit: u64,
    offset: u64,
    has_more: bool,
}

/// The part of a list that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How many at most.
    pub limit: u64,
    /// How many come before.
    pub offset: u64,
}

impl Wanted {
    /// From `limit` and `offset`.
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        Self::of_at_first(uri, USUAL)
    }

    /// The same, where `usual` are meant if a request does not say.
    pub fn of_at_first(uri: &Uri, usual: u64) -> Result<Self, Problem> {
        let query = Query::lenient(uri.query());
        let limit = query.number("limit")?.unwrap_or(usual);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::field("limit", format!("must be 1 to {MOST}")));
        }
        let offset = query.number("offset")?.unwrap_or(0);
        Ok(Self { limit, offset })
    }

    /// A page of this part of `all`.
    pub fn page<T: Serialize>(self, context: &RequestContext, all: impl IntoIterator<Item = T>) -> Response {
        let (items, total) = self.cut(all);
        self.of_part(context, &items, total)
    }

    /// This part of `all`, and how many there are in all.
    pub fn cut<T>(self, all: impl IntoIterator<Item = T>) -> (Vec<T>, u64) {
        let window = Window {
            skip: self.offset,
            limit: self.limit,
        };
        window.of(all)
    }

    /// A page of `items`, which are this part already.
    pub fn of_part<T: Serialize>(self, context: &RequestContext, items: &Vec<T>, total: u64) -> Response {
        let pagination = Pagination {
            total,
            limit: self.limit,
            offset: self.offset,
            has_more: self.offset.saturating_add(items.len() as u64) < total,
        };
        answer(StatusCode::OK, context, items, Some(pagination))
    }
}

/// One thing.
pub fn one<T: Serialize>(context: &RequestContext, data: &T) -> Response {
    answer(StatusCode::OK, context, data, None)
}

/// One thing that was made.
pub fn made<T: Serialize>(context: &RequestContext, data: &T) -> Response {
    answer(StatusCode::CREATED, context, data, None)
}

/// Nothing to say.
pub fn nothing() -> Response {
    respond::empty(StatusCode::NO_CONTENT)
}

fn answer<T: Serialize>(
    status: StatusCode,
    context: &RequestContext,
    data: &T,
    pagination: Option<Pagination>,
) -> Response {
    let meta = Meta {
        request_id: context.0.id.as_str(),
        pagination,
    };
    respond::json(status, &Envelope { data, meta })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded() {
        let wanted = |query: &str| Wanted::of(&format!("/x?{query}").parse().unwrap());
        assert_eq!(wanted("").unwrap(), Wanted { limit: 25, offset: 0 });
        assert_eq!(
            wanted("limit=100&offset=7").unwrap(),
            Wanted {
                limit: 100,
                offset: 7
            }
        );
        for query in [
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=1.0",
            "offset=-1",
            "limit=",
        ] {
            assert!(wanted(query).is_err(), "{query}");
        }
    }
}
