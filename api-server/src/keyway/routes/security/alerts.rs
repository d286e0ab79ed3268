//! `GET /vaults/{owner}/{repo}/security/alerts`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{repo_role::Scope, usecase::keyway::Alert};
use serde_json::{Value, json};

use crate::{
    app::App,
    keyway::{auth::Signed, error::Problem, model::Moment, page::Wanted},
};

/// How many are shown, if a request does not say.
const USUAL: u64 = 50;

/// Devices that were new to the vault, the latest first.
pub async fn list(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Problem> {
    let here = signed.enter_path(&app, Scope::ReadSecrets).await?;
    let wanted = Wanted::of_at_first(&uri, USUAL)?;
    let (part, _) = wanted.cut(app.keyway.cases.alerts(&here).await?);
    let shown: Vec<Value> = part.iter().map(|kept| shown(&kept.body)).collect();
    Ok(signed.one(&shown))
}

/// Where an address is, nobody is asked.
fn shown(alert: &Alert) -> Value {
    let device = alert.device.get(..8).unwrap_or_default();
    json!({
        "id": alert.id.to_string(),
        "type": "new_device",
        "message": format!("Secrets were pulled by a device that is new here: {device}"),
        "severity": "warning",
        "createdAt": Moment(alert.at),
        "event": {
            "ip": alert.address,
            "userAgent": alert.agent,
            "location": { "country": null, "city": null },
            "deviceId": alert.device,
        },
    })
}
