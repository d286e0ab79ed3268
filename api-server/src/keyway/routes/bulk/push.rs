//! `POST /secrets/push`

use std::{collections::BTreeSet, fmt, sync::Arc};

use axum::{extract::State, response::Response};
use coffer_domain::{
    address::Place,
    name::SecretName,
    repo_role::Scope,
    secret_value::SecretValue,
    usecase::{MAX_PAGE, keyway::Entered, secrets::KEPT_IN_TRASH},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::json;

use super::DEFAULT;
use crate::{
    app::App,
    http::fields::MISSING,
    keyway::{
        auth::Signed,
        error::Problem,
        model::repo::Repo,
        notes::about,
        plan,
        routes::{
            Unread,
            secrets::{full_name, place_to_write},
        },
    },
};

/// The most secrets in one push.
const MOST: usize = 1000;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PushIn {
    repo_full_name: Option<String>,
    environment: Option<String>,
    secrets: Option<Pairs>,
}

/// Keys and values in the order in which they were sent, which is the order of their making.
struct Pairs(Vec<(String, SecretValue)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    pairs.push((key, SecretValue::from(value)));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// Makes an environment hold what is sent, and nothing else: the rest goes to the trash.
pub async fn push(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Problem> {
    signed.scope(&app, Scope::WriteSecrets).await?;
    let sent: PushIn = body.json().await?;
    let missing = |field| Problem::field(field, MISSING);
    let repo = sent.repo_full_name.ok_or_else(|| missing("repoFullName"))?;
    let repo = Repo::parse("repoFullName", &repo)?;
    let Pairs(pairs) = sent.secrets.ok_or_else(|| missing("secrets"))?;
    if pairs.len() > MOST {
        return Err(Problem::field("secrets", format!("must not be more than {MOST}")));
    }
    let here = signed.enter(&app, &repo, Scope::WriteSecrets).await?;
    let environment = sent.environment.as_deref().unwrap_or(DEFAULT);
    let place = place_to_write(&here, environment)?;
    if app.keyway.settings.plan_limits && pairs.len() > 100 {
        return Err(plan::limit("a push takes at most 100 secrets on the free plan"));
    }
    let values = named(&app, &here, &place, pairs).await?;
    let replaced = app
        .coffer
        .replace_environment(&here.caller, &place, &values, KEPT_IN_TRASH)
        .await?;
    let stats = json!({
        "created": replaced.created,
        "updated": replaced.updated,
        "deleted": replaced.deleted,
    });
    let noted = [
        ("repoFullName", json!(full_name(&here))),
        ("vaultId", json!(here.located.vault.id.to_string())),
        ("environment", json!(environment)),
        ("created", json!(replaced.created)),
        ("updated", json!(replaced.updated)),
        ("deleted", json!(replaced.deleted)),
    ];
    signed.note(&app, "secrets_pushed", about(noted));
    let message = format!("Pushed {} secrets to {environment}", values.len());
    Ok(signed.one(&json!({ "success": true, "message": message, "stats": stats })))
}

/// The keys as names. New ones must be names of environment variables; others that another API made go on under
/// theirs, as a pull shows them and the client sends them back.
async fn named(
    app: &App,
    here: &Entered,
    place: &Place,
    pairs: Vec<(String, SecretValue)>,
) -> Result<Vec<(SecretName, SecretValue)>, Problem> {
    let mut there: Option<BTreeSet<SecretName>> = None;
    let mut values = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let wrong = || {
            let rule = "must have keys of 1 to 255 letters, digits and '_', not starting with a digit";
            Problem::field("secrets", rule)
        };
        let name = SecretName::new(key.as_str()).map_err(|_| wrong())?;
        if !is_variable(&key) {
            if there.is_none() {
                there = Some(known(app, here, place).await?);
            }
            if !there.as_ref().is_some_and(|there| there.contains(&name)) {
                return Err(wrong());
            }
        }
        if value.len() > coffer_domain::secret_value::MAX_BYTES {
            return Err(Problem::field(
                "secrets",
                format!("has a value of more than 65536 bytes: {key}"),
            ));
        }
        values.push((name, value));
    }
    Ok(values)
}

/// All names in an environment, however many.
async fn known(app: &App, here: &Entered, place: &Place) -> Result<BTreeSet<SecretName>, Problem> {
    let mut known = BTreeSet::new();
    loop {
        let page = app
            .coffer
            .list_secrets(&here.caller, place, known.last(), MAX_PAGE)
            .await?;
        let complete = page.len() < MAX_PAGE as usize;
        known.extend(page.into_iter().map(|secret| secret.name));
        if complete {
            return Ok(known);
        }
    }
}

fn is_variable(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && key.bytes().all(plain)
}
