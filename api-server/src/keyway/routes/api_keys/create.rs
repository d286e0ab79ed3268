//! `POST /api-keys`

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, response::Response};
use coffer_domain::{
    api_key::TokenForm,
    name::Label,
    repo_role::Scope,
    usecase::door_keys::{DoorKey, NewUserKey},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    app::App,
    http::fields::{Fields, MISSING},
    keyway::{
        NAME,
        auth::Signed,
        error::Problem,
        model::api_key::{IssuedOut, KeyOut},
        notes::about,
        routes::Unread,
    },
};

const LIVE: &str = "kw_live_";
const TEST: &str = "kw_test_";

/// Makes an API key that acts for the user who asks.
pub async fn create(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::AdminApiKeys).await?;
    let now = app.coffer.clock().now();
    let (new, prefix) = wanted(&mut body.fields().await?, now)?;
    let form = TokenForm::Dialect {
        prefix,
        random: 40,
        shown: 8,
    };
    let caller = signed.caller(&app).await?;
    let issued = app
        .coffer
        .create_user_key(&caller, new, DoorKey { door: NAME, form })
        .await?;
    let noted = [
        ("keyId", json!(issued.key.id.to_string())),
        ("name", json!(issued.key.name.to_string())),
    ];
    signed.note(&app, "api_key_created", about(noted));
    Ok(signed.one(&IssuedOut {
        key: KeyOut::of(&issued.key, now),
        token: std::str::from_utf8(issued.token.secret().reveal()).unwrap_or_default(),
    }))
}

fn wanted(fields: &mut Fields, now: Timestamp) -> Result<(NewUserKey, &'static str), Problem> {
    let name = fields.label("name", 100)?;
    let name = Label::new(name).map_err(|bad| Problem::field("name", bad.to_string()))?;
    let prefix = match fields.required("environment")?.as_str() {
        "live" => LIVE,
        "test" => TEST,
        _ => return Err(Problem::field("environment", "must be live or test")),
    };
    let expires_at = match fields.number("expiresInDays")? {
        None => None,
        Some(days @ 1..=365) => {
            let length = SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or(365));
            now.checked_add(length).ok()
        }
        Some(_) => return Err(Problem::field("expiresInDays", "must be 1 to 365")),
    };
    let addresses = fields.texts("allowedIps")?.unwrap_or_default();
    let allowed = addresses
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>();
    let allowed = allowed
        .map_err(|bad: coffer_domain::network::BadCidr| Problem::field("allowedIps", bad.to_string()))?;
    let new = NewUserKey {
        name,
        scopes: scopes(fields)?,
        allowed,
        expires_at,
    };
    Ok((new, prefix))
}

fn scopes(fields: &mut Fields) -> Result<BTreeSet<Scope>, Problem> {
    let texts = fields
        .texts("scopes")?
        .ok_or_else(|| Problem::field("scopes", MISSING))?;
    let known = Scope::ALL.map(Scope::as_str).join(", ");
    let read = texts
        .iter()
        .map(|text| Scope::parse(text))
        .collect::<Option<BTreeSet<_>>>();
    let read = read.filter(|scopes| !scopes.is_empty());
    read.ok_or_else(|| Problem::field("scopes", format!("must be one or more of {known}")))
}
