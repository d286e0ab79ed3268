//! `GET /vaults/{id}`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{
    entity::Secret,
    metadata::{Kind, Why},
    usecase::{Caller, secrets::Span},
};

use crate::{
    app::App,
    http::{fields::FieldFault, query::Query, respond},
    secryn::{
        account::may_read_values,
        auth::Either,
        error::ApiError,
        file,
        items::Item,
        model::{
            certificate::CertificateOut,
            key::{ExpiredOut, KeyOut},
            secret::{SecretNamed, SecretOut},
            vault::{Listed, SecretView, VaultView},
        },
        openapi::{Refused, RefusedFile},
        place::{self, VaultAt},
        public,
        routes::Id,
    },
};

/// What a request wants to see.
struct View {
    names_only: bool,
    keys: bool,
    certificates: bool,
}

impl View {
    fn of(query: &Query<'_>) -> Result<Self, FieldFault> {
        let names_only = match query.text("secrets") {
            None => false,
            Some("names") => true,
            Some(_) => return Err(FieldFault::new("secrets", "must be names")),
        };
        let mut view = Self {
            names_only,
            keys: false,
            certificates: false,
        };
        for word in query.text("include").into_iter().flat_map(|list| list.split(',')) {
            match word.trim() {
                "keys" => view.keys = true,
                "certificates" => view.certificates = true,
                _ => return Err(FieldFault::new("include", "must be keys, certificates, or both")),
            }
        }
        Ok(view)
    }
}

/// A vault with its secrets and their values; or, with `resource`, one thing in it: a secret as JSON, a key or
/// certificate as its file.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}",
    tag = "vaults",
    params(
        ("id" = String, Path, description = "Its id, or its exact name"),
        ("secrets" = Option<String>, Query, description = "`names`: only ids and names of secrets"),
        ("include" = Option<String>, Query, description = "`keys`, `certificates`, or both with a comma"),
        ("resource" = Option<String>, Query, description = "The id of one thing in the vault"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses(
        (status = 200, description = "The vault, or the thing", content(
            (VaultView = "application/json"),
            (String = "application/x-pem-file"),
        )),
        Refused,
        RefusedFile,
    )
)]
pub async fn get_vault(
    State(app): State<Arc<App>>,
    either: Either,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let view = View::of(&query)?;
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(read(&app, &caller, &id, &view, &query).await);
    }
    tries.answer()
}

async fn read(
    app: &App,
    caller: &Caller,
    id: &str,
    view: &View,
    query: &Query<'_>,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, id).await?;
    match query.text("resource") {
        Some(resource) => one(app, caller, &at, resource, query).await,
        None => whole(app, caller, &at, view).await,
    }
}

async fn one(
    app: &App,
    caller: &Caller,
    at: &VaultAt,
    resource: &str,
    query: &Query<'_>,
) -> Result<Response, ApiError> {
    // Whoever may not know of the vault is told so before anything is said of what is in it.
    app.coffer.get_vault(caller, &at.organization, &at.name).await?;
    let missing = || place::missing(Kind::Value);
    let id = resource.parse().map_err(|_| missing())?;
    let address = at.by_id(app, id).await?.ok_or_else(missing)?;
    let read = app.coffer.read_secret(caller, &address, None).await?;
    match read.secret.kind() {
        Kind::Value => Ok(respond::json(StatusCode::OK, &SecretOut::from(read))),
        Kind::Key | Kind::Certificate => file::answer(read, query),
    }
}

async fn whole(app: &App, caller: &Caller, at: &VaultAt, view: &View) -> Result<Response, ApiError> {
    let vault = app.coffer.get_vault(caller, &at.organization, &at.name).await?;
    let now = app.coffer.clock().now();
    let shows_values = !view.names_only && may_read_values(caller);
    let listed = if view.keys || view.certificates || !shows_values {
        let all = app
            .coffer
            .list_vault_secrets(caller, &at.organization, &at.name)
            .await?;
        let environment = at.place().environment;
        all.into_iter()
            .filter(|secret| secret.environment == environment)
            .collect()
    } else {
        Vec::new()
    };
    let secrets = if shows_values {
        let (place, kind) = (at.place(), Some(Kind::Value));
        let read = app
            .coffer
            .read_environment_of(caller, &place, kind, Span::ALL)
            .await?;
        read.into_iter()
            .map(|read| SecretView::Whole(Box::new(read.into())))
            .collect()
    } else {
        let shown = listed
            .iter()
            .filter(|secret| secret.kind() == Kind::Value && secret.usable(now).is_ok());
        shown
            .map(|secret| {
                if view.names_only {
                    SecretView::Named(SecretNamed::from(secret))
                } else {
                    SecretView::Whole(Box::new(SecretOut::masked(secret)))
                }
            })
            .collect()
    };
    let keys = view.keys.then(|| {
        files(&listed, Kind::Key, now, |secret| {
            KeyOut::of(secret, public::is_public(secret), now)
        })
    });
    let certificates = view.certificates.then(|| {
        files(&listed, Kind::Certificate, now, |secret| {
            CertificateOut::of(secret, public::is_public(secret), now)
        })
    });
    let shown = VaultView::of(&vault, secrets, keys, certificates);
    Ok(respond::json(StatusCode::OK, &shown))
}

/// The keys or certificates to list: those that are disabled or not active yet are left out, and of those that
/// are over only that is said.
fn files<T>(
    listed: &[Secret],
    kind: Kind,
    now: jiff::Timestamp,
    show: impl Fn(&Secret) -> T,
) -> Vec<Listed<T>> {
    let of_kind = listed.iter().filter(|secret| secret.kind() == kind);
    of_kind
        .filter_map(|secret| match secret.usable(now) {
            Ok(()) => Some(Listed::Usable(show(secret))),
            Err(Why::Expired(_)) => Some(Listed::Expired(ExpiredOut::from(secret))),
            Err(Why::Disabled | Why::NotYetActive(_)) => None,
        })
        .collect()
}
