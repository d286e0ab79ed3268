//! Pages: `{"data":[…],"pagination":{"cursor","hasMore","totalCount"}}`. A cursor is the id of a page's last item,
//! compared and never looked up.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ApiError;
use crate::http::{fields::FieldFault, query::Query};

/// How many items a page has if the request does not say.
const USUAL: usize = 50;

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub data: Vec<T>,
    /// Where it stands in the whole.
    pub pagination: Pagination,
}

/// Where a page stands in the whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// What to send for the next page; null for an empty one.
    pub cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many items there are in all.
    pub total_count: u64,
}

/// The page that a request asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How many items.
    pub limit: usize,
    /// After the item of this id.
    pub after: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    id: String,
}

impl Wanted {
    /// Of `limit`, at most `most`, and `cursor`.
    pub fn of(query: &Query<'_>, most: usize) -> Result<Self, FieldFault> {
        let limit = match query.text("limit") {
            None => USUAL,
            Some(text) => {
                number(text).ok_or_else(|| FieldFault::new("limit", "must be a whole number from 1"))?
            }
        };
        let wrong = || FieldFault::new("cursor", "must be a cursor of an earlier page");
        let after = match query.text("cursor") {
            None => None,
            Some(text) => Some(read(text).ok_or_else(wrong)?),
        };
        Ok(Self {
            limit: limit.min(most),
            after,
        })
    }

    /// The page of items that come in the order of their ids, rising or falling.
    pub fn of_all<T>(&self, items: Vec<(String, T)>, falling: bool) -> Page<T> {
        let total = items.len() as u64;
        let follows = |id: &String| {
            self.after
                .as_ref()
                .is_none_or(|after| if falling { id < after } else { after < id })
        };
        let mut rest = items.into_iter().filter(|(id, _)| follows(id));
        let (ids, data): (Vec<String>, Vec<T>) = rest.by_ref().take(self.limit).unzip();
        Page {
            data,
            pagination: Pagination {
                cursor: ids.last().map(|id| write(id)),
                has_more: rest.next().is_some(),
                total_count: total,
            },
        }
    }
}

/// The cursor after an item.
pub fn write(id: &str) -> String {
    let cursor = Cursor { id: id.to_owned() };
    // A struct of one string always serializes.
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
}

fn read(text: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let cursor: Cursor = serde_json::from_slice(&bytes).ok()?;
    Some(cursor.id)
}

/// More digits than fit are more than any most.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().unwrap_or(usize::MAX));
    number.filter(|number| *number > 0)
}

/// A truth value among the parameters.
pub fn flag(query: &Query<'_>, name: &'static str, usual: bool) -> Result<bool, ApiError> {
    match query.text(name) {
        None => Ok(usual),
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(_) => Err(FieldFault::new(name, "must be true or false").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, FieldFault> {
        Wanted::of(&Query::lenient(Some(query)), 100)
    }

    #[test]
    fn cursors_are_the_originals() {
        assert_eq!(write("123"), "eyJpZCI6IjEyMyJ9");
        assert_eq!(wanted("cursor=eyJpZCI6IjEyMyJ9").unwrap().after.unwrap(), "123");
        for query in ["cursor=x", "cursor=", "limit=0", "limit=-1", "limit=a", "limit="] {
            assert!(wanted(query).is_err(), "{query}");
        }
        assert_eq!(wanted("limit=99999999999999999999999").unwrap().limit, 100);
    }

    #[test]
    fn pages_follow_one_another_and_none_is_told_twice() {
        let items = || vec![("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 3)];
        let first = wanted("limit=2").unwrap().of_all(items(), false);
        assert_eq!(
            (
                first.data,
                first.pagination.has_more,
                first.pagination.total_count
            ),
            (vec![1, 2], true, 3)
        );
        let next = format!("limit=2&cursor={}", first.pagination.cursor.unwrap());
        let second = wanted(&next).unwrap().of_all(items(), false);
        assert_eq!((second.data, second.pagination.has_more), (vec![3], false));
        let falling: Vec<_> = items().into_iter().rev().collect();
        let query = format!("cursor={}", write("c"));
        assert_eq!(wanted(&query).unwrap().of_all(falling, true).data, [2, 1]);
    }
}
