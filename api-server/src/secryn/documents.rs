//! What resources and webhooks are asked for alike: listed, told of and deleted.

use axum::{http::Uri, response::Response};
use coffer_domain::{
    record::{Document, Kept},
    usecase::{Caller, documents::DocumentPage},
};
use serde::Serialize;

use super::{
    auth::account,
    error::ApiError,
    page::{self, Wanted},
};
use crate::{app::App, http::query::Query};

/// The account's, oldest first.
pub async fn list<T, Out>(app: &App, caller: &Caller, uri: &Uri) -> Result<Response, ApiError>
where
    T: Document,
    Out: From<Kept<T>> + Serialize,
{
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let account = account(&app.coffer, caller).await?;
    let part = DocumentPage {
        skip: u32::try_from(wanted.window().skip).unwrap_or(u32::MAX),
        limit: u32::try_from(wanted.window().limit).unwrap_or(u32::MAX),
        ..DocumentPage::default()
    };
    let (found, total) = app.coffer.list_documents::<T>(caller, &account, part).await?;
    let items = found.into_iter().map(Out::from).collect();
    Ok(page::page(&wanted.envelope(items, total)))
}

/// One of them.
pub async fn get<T, Out>(app: &App, caller: &Caller, id: &str) -> Result<Response, ApiError>
where
    T: Document,
    Out: From<Kept<T>> + Serialize,
{
    let account = account(&app.coffer, caller).await?;
    let found = app.coffer.get_document::<T>(caller, &account, id).await?;
    Ok(page::one(Out::from(found)))
}

/// Deletes one.
pub async fn delete<T: Document>(app: &App, caller: &Caller, id: &str) -> Result<Response, ApiError> {
    let account = account(&app.coffer, caller).await?;
    let dropped = app.coffer.drop_document::<T>(caller, &account, id).await?;
    Ok(page::deleted(dropped.key))
}
