//! What lies below a path: one level of it.

use std::collections::BTreeSet;

use axum::response::Response;
use serde_json::json;

use crate::kv2::{ask::Ask, envelope, error::Fault};

/// The names below a path, folders with a slash at their end.
pub async fn list(ask: &Ask) -> Result<Response, Fault> {
    let place = ask.place()?;
    let path = ask.rest().trim_end_matches('/');
    let below = if path.is_empty() {
        String::new()
    } else {
        // Nothing lies below what can be no path.
        coffer_domain::name::SecretName::new(path)?;
        format!("{path}/")
    };
    let names = ask.app.coffer.all_paths(&ask.caller, &place).await?;
    let rests = names.iter().filter_map(|name| name.as_str().strip_prefix(&below));
    let keys: BTreeSet<String> = rests.map(level).collect();
    let query = ask.query();
    let after = query.text("after").unwrap_or_default();
    let wrong = || Fault::bad("limit must be a number");
    let limit = match query.text("limit").filter(|text| !text.is_empty()) {
        Some(text) => text.parse::<i64>().map_err(|_| wrong())?,
        None => 0,
    };
    let most = usize::try_from(limit).ok().filter(|most| *most > 0);
    let later = keys
        .into_iter()
        .filter(|key| after.is_empty() || key.as_str() > after);
    let keys: Vec<String> = later.take(most.unwrap_or(usize::MAX)).collect();
    if keys.is_empty() {
        return Err(Fault::missing());
    }
    Ok(envelope::data(&ask.context, json!({ "keys": keys })))
}

/// A name as its level shows it.
fn level(rest: &str) -> String {
    match rest.split_once('/') {
        Some((folder, _)) => format!("{folder}/"),
        None => rest.to_owned(),
    }
}
