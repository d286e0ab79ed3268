//! `GET /secrets`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{entity::Secret, metadata::Why};
use jiff::Timestamp;

use crate::{
    app::App,
    http::{query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::secret::SecretAbout,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The most secrets of a page.
const MOST: usize = 100;

/// Which secrets a list is to show.
struct Filter {
    tags: Vec<String>,
    search: Option<String>,
    expired: bool,
    now: Timestamp,
}

/// The secrets that the key may see, without values, in the order of their making.
#[utoipa::path(
    get,
    path = "/v1/security/secrets",
    tag = "secrets",
    params(
        ("tags" = Option<String>, Query, description = "Only those that have all of these, separated by commas; may be repeated"),
        ("search" = Option<String>, Query, description = "Only those whose name has this in it, in any case"),
        ("includeExpired" = Option<bool>, Query, description = "Also those that have expired"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
        ("X-Region" = Option<String>, Header, description = "Only those of this region"),
    ),
    responses((status = 200, description = "A page", body = Page<SecretAbout>), Refused)
)]
pub async fn list_secrets(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let wanted = Wanted::of(&query, MOST)?;
    let filter = Filter::of(&query, app.coffer.clock().now())?;
    let found = account.list(&app, &caller).await?;
    let shown = found.iter().filter(|(_, secret)| filter.takes(secret));
    let items = shown.map(|(_, secret)| (id::of(id::SECRET, secret.id), SecretAbout::of(secret)));
    Ok(respond::json(
        StatusCode::OK,
        &wanted.of_all(items.collect(), false),
    ))
}

impl Filter {
    fn of(query: &Query<'_>, now: Timestamp) -> Result<Self, ApiError> {
        let tags = query.texts("tags").flat_map(|text| text.split(','));
        Ok(Self {
            tags: tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            search: query.text("search").map(str::to_lowercase),
            expired: page::flag(query, "includeExpired", false)?,
            now,
        })
    }

    fn takes(&self, secret: &Secret) -> bool {
        let said = secret.metadata.as_ref();
        let has = |tag: &String| said.is_some_and(|said| said.tags.contains(tag));
        let in_time = match secret.usable(self.now) {
            Ok(()) => true,
            Err(Why::Expired(_)) => self.expired,
            Err(Why::Disabled | Why::NotYetActive(_)) => false,
        };
        let named = |text: &String| secret.name.as_str().to_lowercase().contains(text.as_str());
        in_time && self.tags.iter().all(has) && self.search.as_ref().is_none_or(named)
    }
}
