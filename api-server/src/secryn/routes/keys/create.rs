//! `POST /vaults/{id}/keys`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{Error, metadata::Kind, usecase::secrets::NewSecret};
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        items::Item,
        material::{
            KeyFile,
            key::{Wanted, uploaded},
        },
        model::{
            described::Described,
            key::{KeyIn, KeyOut, attribute, kept},
            published::Published,
        },
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::{VaultAt, missing, name},
        public::{self, Wish},
        routes::{Id, Json},
    },
};

/// Generates a key, or keeps one that is sent.
#[utoipa::path(
    post,
    path = "/v1/vaults/{id}/keys",
    tag = "keys",
    params(("id" = String, Path, description = "The vault's id, or its exact name")),
    request_body = KeyIn,
    responses((status = 200, description = "Made", body = One<Published<KeyOut>>), Refused, RefusedBody)
)]
pub async fn create_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &id).await?;
    // Nothing is made for who may not keep it.
    app.coffer.may_write(&caller, &at.place()).await?;
    let name = name(&mut fields)?;
    let (described, public) = (Described::of_file(&mut fields)?, fields.flag("public")?);
    let (file, origin) = match fields.secret("pem")? {
        Some(file) => (uploaded(file)?, attribute::UPLOADED),
        None => (
            generated(&app, Wanted::of(&mut fields)?).await?,
            attribute::GENERATED,
        ),
    };
    let (value, metadata) = kept(file, origin, &described);
    let new = [NewSecret {
        name,
        value,
        metadata,
    }];
    let made = app.coffer.create_secrets(&caller, &at.place(), &new).await?;
    let made = made.into_iter().next().ok_or_else(|| missing(Kind::Key))?;
    let address = at.place().secret(made.secret.name.clone());
    let wish = Wish::to_publish(public.unwrap_or(false));
    let (secret, token) = public::grant(&app, &caller, &address, wish).await?;
    let now = app.coffer.clock().now();
    let shown = KeyOut::of(&secret, public::is_public(&secret), now);
    Ok(page::one(Published::new(shown, token)))
}

/// Off the threads that other requests wait for: an RSA key takes up to some seconds.
async fn generated(app: &App, wanted: Wanted) -> Result<KeyFile, ApiError> {
    let pairs = app.coffer.key_pairs();
    let made = spawn_blocking(move || wanted.generate(&*pairs)).await;
    let made = made.map_err(|_| Error::Internal("a key generator panicked".to_owned()))?;
    Ok(made.map_err(|error| Error::Internal(error.to_string()))?)
}
