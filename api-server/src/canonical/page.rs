//! Pages: `{"items","total","offset","limit","next_offset"}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Door, error::Failure, query::Query};
use crate::http::{offset::Window, respond};

const MOST: u64 = 1000;

/// The part of a list that a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted(Window);

impl Wanted {
    /// From `offset` and `limit`.
    pub fn of(door: &Door, query: &Query<'_>) -> Result<Self, Failure> {
        let limit = query.number("limit")?.unwrap_or(door.settings.page_limit);
        if !(1..=MOST).contains(&limit) {
            return Err(Failure::invalid("limit", "must be 1 to 1000"));
        }
        Ok(Self(Window {
            skip: query.number("offset")?.unwrap_or(0),
            limit,
        }))
    }

    /// That part of `all`, as a page with `more` members.
    pub fn page(self, all: Vec<Value>, more: &Value) -> Response {
        let Window { skip, limit } = self.0;
        let (items, total) = self.0.of(all);
        let next = skip.saturating_add(limit);
        let mut page = json!({
            "items": items,
            "total": total,
            "offset": skip,
            "limit": limit,
            "next_offset": (next < total).then_some(next),
        });
        if let (Some(page), Some(more)) = (page.as_object_mut(), more.as_object()) {
            page.extend(more.clone());
        }
        respond::json(StatusCode::OK, &page)
    }
}
