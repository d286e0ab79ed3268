//! `POST /vaults/{id}/certificates`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{
    Error, metadata::Kind, name::SecretName, secret_value::SecretValue, usecase::secrets::NewSecret,
};
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    http::fields::FieldFault,
    secryn::{
        auth::Signed,
        error::ApiError,
        items::Item,
        material::{
            certificate::{CertificateFile, Wanted, uploaded},
            key,
        },
        model::{
            certificate::{CertificateIn, CertificateOut, metadata},
            described::Described,
            key::{attribute, kept},
            published::Published,
        },
        openapi::{Refused, RefusedBody},
        page::{self, One},
        place::{VaultAt, missing, name},
        public::{self, Wish},
        routes::{Id, Json},
    },
};

/// What the private key of a generated certificate is called after it.
const PRIVATE_SUFFIX: &str = ".key";

/// Generates a self-signed certificate, or keeps one that is sent. The private key of a generated one is the key
/// `<name>.key` of the same vault.
#[utoipa::path(
    post,
    path = "/v1/vaults/{id}/certificates",
    tag = "certificates",
    params(("id" = String, Path, description = "The vault's id, or its exact name")),
    request_body = CertificateIn,
    responses((status = 200, description = "Made", body = One<Published<CertificateOut>>), Refused, RefusedBody)
)]
pub async fn create_certificate(
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
    let (mut file, origin) = if let Some(file) = fields.secret("pem")? {
        (uploaded(file)?, attribute::UPLOADED)
    } else {
        let made = generated(&app, Wanted::of(&mut fields)?, &described).await?;
        (made, attribute::GENERATED)
    };
    let private = file
        .private
        .take()
        .map(|private| companion(&name, private, &described));
    let metadata = metadata(&file, origin, &described);
    let mut new = vec![NewSecret {
        name,
        value: file.file,
        metadata,
    }];
    new.extend(private.transpose()?);
    let made = app.coffer.create_secrets(&caller, &at.place(), &new).await?;
    let made = made
        .into_iter()
        .next()
        .ok_or_else(|| missing(Kind::Certificate))?;
    let address = at.place().secret(made.secret.name.clone());
    let wish = Wish::to_publish(public.unwrap_or(false));
    let (secret, token) = public::grant(&app, &caller, &address, wish).await?;
    let now = app.coffer.clock().now();
    let shown = CertificateOut::of(&secret, public::is_public(&secret), now);
    Ok(page::one(Published::new(shown, token)))
}

async fn generated(app: &App, wanted: Wanted, described: &Described) -> Result<CertificateFile, ApiError> {
    let (pairs, now) = (app.coffer.key_pairs(), app.coffer.clock().now());
    let (from, until) = (described.activation(), described.expiration());
    if until.is_some_and(|until| until.as_second() < 0) {
        return Err(FieldFault::new("expiration_date", "must not lie before 1970").into());
    }
    let made = spawn_blocking(move || wanted.make(&*pairs, from, until, now)).await;
    let made = made.map_err(|_| Error::Internal("a certificate generator panicked".to_owned()))?;
    Ok(made.map_err(Error::Internal)?)
}

/// The private key of a generated certificate, kept beside it.
fn companion(name: &SecretName, private: SecretValue, described: &Described) -> Result<NewSecret, ApiError> {
    let name = SecretName::new(format!("{name}{PRIVATE_SUFFIX}"))
        .map_err(|_| FieldFault::new("name", "must leave room for .key after it"))?;
    let file = key::uploaded(private)?;
    let (value, metadata) = kept(file, attribute::GENERATED, described);
    Ok(NewSecret {
        name,
        value,
        metadata,
    })
}
