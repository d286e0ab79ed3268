//! `POST /secrets/export`

use std::{fmt::Write, sync::Arc};

use axum::{extract::State, response::Response};
use bytes::Bytes;
use coffer_domain::{Error, envfile, secret_value::SecretValue, usecase::secrets::Read};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields},
        time,
    },
    v_secure::{
        auth::Signed,
        crypt::{self, Sealed},
        error::ApiError,
        model::{Moment, Shown},
        openapi::{Refused, RefusedBody},
        routes::{Json, download},
    },
};

/// What to export, and how.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ExportIn {
    /// `json`; unencrypted also `env` and `yaml`. `json` without.
    format: Option<String>,
    /// Whether to encrypt; true without.
    encrypt: Option<bool>,
    /// Needed to encrypt.
    password: Option<String>,
    /// Only secrets that have all of these.
    tags: Option<Vec<String>>,
}

/// One secret of an export.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    name: String,
    value: Shown,
    tags: Vec<String>,
    metadata: Map<String, Value>,
    expires_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Env,
    Yaml,
}

struct Wanted {
    format: Format,
    password: Option<SecretValue>,
    tags: Vec<String>,
}

impl Wanted {
    fn of(fields: &mut Fields) -> Result<Self, FieldFault> {
        let format = match fields.text("format")?.as_deref() {
            None | Some("json") => Format::Json,
            Some("env") => Format::Env,
            Some("yaml") => Format::Yaml,
            Some(_) => return Err(FieldFault::new("format", "must be json, env or yaml")),
        };
        let encrypt = fields.flag("encrypt")?.unwrap_or(true);
        let password = fields.secret("password")?.filter(|password| !password.is_empty());
        if encrypt && format != Format::Json {
            return Err(FieldFault::new(
                "format",
                "must be json where the export is encrypted",
            ));
        }
        if encrypt && password.is_none() {
            return Err(FieldFault::new("password", "is required to encrypt"));
        }
        Ok(Self {
            format,
            password: password.filter(|_| encrypt),
            tags: fields.texts("tags")?.unwrap_or_default(),
        })
    }
}

/// The secrets with their values as a file, each read as an access of its own.
#[utoipa::path(
    post,
    path = "/v1/security/secrets/export",
    tag = "secrets",
    request_body = ExportIn,
    responses((status = 200, description = "The file; this where it is encrypted", body = Sealed), Refused, RefusedBody)
)]
pub async fn export_secrets(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&mut fields)?;
    let now = app.coffer.clock().now();
    let mut read = Vec::new();
    for (region, secret) in account.list(&app, &caller).await? {
        let said = secret.described();
        let named = wanted.tags.iter().all(|tag| said.tags.contains(tag));
        if named && secret.usable(now).is_ok() {
            let address = account.place(region)?.secret(secret.name.clone());
            match app.coffer.read_secret(&caller, &address, None).await {
                // Deleted a moment ago: then it is not among those exported.
                Err(Error::NotFound { what: "secret", .. }) => {}
                other => read.push(other?),
            }
        }
    }
    let date = time::seconds(now);
    let date = date.split('T').next().unwrap_or_default();
    let (plain, extension, kind) = match wanted.format {
        Format::Json => (json(read)?, "json", "application/json"),
        Format::Env => (env(&read)?, "env", "text/plain; charset=utf-8"),
        Format::Yaml => (yaml(read)?, "yaml", "application/yaml"),
    };
    let bytes = match wanted.password {
        None => Bytes::from_owner(plain),
        Some(password) => Bytes::from(sealed(&app, plain, password).await?),
    };
    Ok(download(
        &format!("vsecure-export-{date}.{extension}"),
        kind,
        bytes,
    ))
}

async fn sealed(app: &Arc<App>, plain: Zeroizing<Vec<u8>>, password: SecretValue) -> Result<Vec<u8>, Error> {
    let broken = || Error::Internal("an export could not be encrypted".to_owned());
    let app = Arc::clone(app);
    let sealing =
        tokio::task::spawn_blocking(move || crypt::seal(&plain, password.reveal(), app.coffer.entropy()));
    let sealed = sealing.await.map_err(|_| broken())?.map_err(|_| broken())?;
    serde_json::to_vec(&sealed).map_err(|_| broken())
}

fn items(read: Vec<Read>) -> Vec<Item> {
    let item = |read: Read| {
        let said = read.secret.described();
        Item {
            name: read.secret.name.to_string(),
            value: Shown::new(read.value),
            tags: said.tags,
            metadata: said.document,
            expires_at: said.expires_at.map(Moment),
        }
    };
    read.into_iter().map(item).collect()
}

fn json(read: Vec<Read>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    serde_json::to_writer(&mut *bytes, &items(read))
        .map_err(|_| Error::Internal("an export does not serialize".to_owned()))?;
    Ok(bytes)
}

/// `NAME='value'` by line, as an env file takes it; a value that it cannot carry is a fault that names the secret.
fn env(read: &[Read]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    for one in read {
        let name = one.secret.name.as_str();
        envfile::check(name, &one.value)
            .map_err(|unfit| Error::invalid("format", format!("cannot be env: {name}: {unfit}")))?;
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"='");
        bytes.extend_from_slice(one.value.reveal());
        bytes.extend_from_slice(b"'\n");
    }
    Ok(bytes)
}

/// `"NAME": "value"` by line: JSON strings are YAML's.
fn yaml(read: Vec<Read>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut text = Zeroizing::new(String::new());
    for item in items(read) {
        let value = serde_json::to_string(&item.value);
        let value =
            Zeroizing::new(value.map_err(|_| Error::Internal("a value does not serialize".to_owned()))?);
        // Writing to a String does not fail.
        let _ = writeln!(text, "\"{}\": {}", item.name, *value);
    }
    Ok(Zeroizing::new(text.as_bytes().to_vec()))
}
