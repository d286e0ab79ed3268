//! What keys and certificates are asked for alike: listed, told of, downloaded, switched and deleted.

use axum::{http::Uri, response::Response};
use coffer_domain::{
    Error,
    entity::Secret,
    metadata::{Kind, Why},
    usecase::{Caller, secrets::KEPT_IN_TRASH},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    auth::Either,
    error::ApiError,
    file,
    model::published::Published,
    page::{self, Wanted},
    place::{VaultAt, check_kind, the},
    public::{self, Wish, is_public},
    routes::ItemPath,
};
use crate::{
    app::App,
    http::{fields::Fields, query::Query},
};

/// A key or a certificate as it is told of.
pub trait Item: Serialize {
    /// Which of both.
    const KIND: Kind;

    /// At `now`.
    fn of(secret: &Secret, public: bool, now: Timestamp) -> Self;
}

fn told<T: Item>(app: &App, secret: &Secret) -> T {
    T::of(secret, is_public(secret), app.coffer.clock().now())
}

/// Those of a vault that are active or over.
pub async fn list<T: Item>(app: &App, either: Either, vault: &str, uri: &Uri) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(list_as::<T>(app, &caller, vault, &wanted).await);
    }
    tries.answer()
}

async fn list_as<T: Item>(
    app: &App,
    caller: &Caller,
    vault: &str,
    wanted: &Wanted,
) -> Result<Response, ApiError> {
    let now = app.coffer.clock().now();
    let at = VaultAt::of(app, caller, vault).await?;
    let found = at.listed(app, caller, T::KIND).await?;
    let listed = found
        .iter()
        .filter(|secret| matches!(secret.usable(now), Ok(()) | Err(Why::Expired(_))));
    let items = listed.map(|secret| told::<T>(app, secret)).collect();
    Ok(page::page(&wanted.of_all_or_everything(items)))
}

/// What there is to say of one.
pub async fn get<T: Item>(app: &App, caller: &Caller, path: &ItemPath) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    let (_, secret) = at.find(app, caller, &path.item, T::KIND).await?;
    Ok(page::one(told::<T>(app, &secret)))
}

/// The file of one in a vault.
pub async fn download<T: Item>(
    app: &App,
    either: Either,
    path: &ItemPath,
    uri: &Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(download_as::<T>(app, &caller, path, &query).await);
    }
    tries.answer()
}

async fn download_as<T: Item>(
    app: &App,
    caller: &Caller,
    path: &ItemPath,
    query: &Query<'_>,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    let address = at.address(app, &path.item, T::KIND).await?;
    let read = app.coffer.read_secret(caller, &address, None).await?;
    check_kind(&read.secret, T::KIND)?;
    file::answer(read, query)
}

/// The file of one by its id alone.
pub async fn fetch<T: Item>(app: &App, caller: &Caller, id: &str, uri: &Uri) -> Result<Response, ApiError> {
    let outside = || ApiError::Outside(the(T::KIND));
    let id = id.parse().map_err(|_| outside())?;
    let found = app.coffer.secret_address(id).await?;
    let (address, _) = found.filter(|(_, trashed)| !trashed).ok_or_else(outside)?;
    let read = app.coffer.read_secret(caller, &address, None).await;
    // A place that may not be known of reads like an id that there is not.
    let read = read.map_err(|error| match error {
        Error::NotFound { what: "vault", .. } => outside(),
        other => other.into(),
    })?;
    check_kind(&read.secret, T::KIND)?;
    file::answer(read, &Query::lenient(uri.query()))
}

/// Switches one on or off, and makes it public or not.
pub async fn update<T: Item>(
    app: &App,
    caller: &Caller,
    path: &ItemPath,
    fields: Fields,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    let (address, _) = at.find(app, caller, &path.item, T::KIND).await?;
    let wish = Wish::of(fields, T::KIND)?;
    let (secret, token) = public::grant(app, caller, &address, wish).await?;
    Ok(page::one(Published::new(told::<T>(app, &secret), token)))
}

/// Puts one in the trash, and ends the token that it may have.
pub async fn delete<T: Item>(app: &App, caller: &Caller, path: &ItemPath) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, &path.vault).await?;
    let (address, secret) = at.find(app, caller, &path.item, T::KIND).await?;
    public::close(app, caller, &address, &secret).await?;
    let trashed = app.coffer.trash_secret(caller, &address, KEPT_IN_TRASH).await?;
    Ok(page::deleted(trashed.id.to_string()))
}
