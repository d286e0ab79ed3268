//! `/v1/sys/…`: whether the server is well, which mounts there are, and what a token may do where.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{RawQuery, State},
    http::{Method, StatusCode},
    response::Response,
};
use coffer_domain::{
    Error,
    entity::Vault,
    name::{EnvName, SecretName},
    rights::Permission,
    usecase::{MAX_PAGE, vaults::VaultSettings},
};
use serde_json::{Map, Value, json};

use crate::{
    app::App,
    http::{context::RequestContext, query::Query, respond},
    kv2::{
        ask::{self, Ask},
        envelope,
        error::Fault,
        input::Input,
    },
};

/// The name of what this is, where clients show one.
const CLUSTER: &str = "coffer";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether requests can be served; with statuses that the query may choose.
pub async fn health(
    State(app): State<Arc<App>>,
    context: RequestContext,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let query = Query::lenient(query.as_deref());
    let well = app.coffer.all_changes(u64::MAX >> 1).await.is_ok();
    let (asked, usual) = if well {
        ("activecode", StatusCode::OK)
    } else {
        ("sealedcode", StatusCode::SERVICE_UNAVAILABLE)
    };
    let wrong = || Fault::bad(format!("bad value for {asked}"));
    let status = match query.text(asked) {
        Some(text) => text
            .parse()
            .ok()
            .filter(|code: &u16| (200..600).contains(code))
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or_else(wrong)?,
        None => usual,
    };
    let body = json!({
        "initialized": true,
        "sealed": !well,
        "standby": false,
        "performance_standby": false,
        "replication_performance_mode": "disabled",
        "replication_dr_mode": "disabled",
        "server_time_utc": context.0.arrived.as_second(),
        "version": VERSION,
        "cluster_name": CLUSTER,
        "cluster_id": CLUSTER,
    });
    Ok(respond::json(status, &body))
}

/// Other methods, of what takes only `GET` and `HEAD`.
pub async fn no_other(_: Method) -> Fault {
    Fault::Empty(StatusCode::METHOD_NOT_ALLOWED)
}

/// The state of a seal: there is none that clients could open, so it is open.
pub async fn seal_status(_: RequestContext) -> Response {
    respond::json(
        StatusCode::OK,
        &json!({
            "type": "shamir",
            "initialized": true,
            "sealed": false,
            "t": 1,
            "n": 1,
            "progress": 0,
            "nonce": "",
            "version": VERSION,
            "build_date": "",
            "migration": false,
            "cluster_name": CLUSTER,
            "cluster_id": CLUSTER,
            "recovery_seal": false,
            "storage_type": "coffer",
        }),
    )
}

/// Who leads: nobody has to.
pub async fn leader(_: RequestContext) -> Response {
    let body = json!({
        "ha_enabled": false,
        "is_self": false,
        "active_time": "0001-01-01T00:00:00Z",
        "leader_address": "",
        "leader_cluster_address": "",
        "performance_standby": false,
        "performance_standby_last_remote_wal": 0,
    });
    respond::json(StatusCode::OK, &body)
}

/// The mount that a path lies in, to those who may do anything there.
pub async fn preflight(ask: Ask) -> Result<Response, Fault> {
    let path = ask.rest().trim_matches('/').to_owned();
    let refused = || {
        let message = format!(
            "preflight capability check returned 403, please ensure client's policies grant access to path \"{path}/\""
        );
        Fault::Said(StatusCode::FORBIDDEN, message)
    };
    let mount = path.split('/').next().unwrap_or_default();
    let vault = ask::vault(mount).map_err(|_| refused())?;
    let found = ask
        .app
        .coffer
        .abilities(&ask.caller, &ask.tenant, &vault, None)
        .await?
        .ok_or_else(refused)?;
    let mut out = mount_out(&found.vault);
    out["path"] = json!(format!("{}/", found.vault.name));
    Ok(envelope::data(&ask.context, out))
}

/// The mounts that the sender may see, as user interfaces ask for them.
pub async fn visible(ask: Ask) -> Result<Response, Fault> {
    let mounts = all(&ask).await?;
    let out = json!({ "secret": mounts, "auth": {} });
    Ok(envelope::data(&ask.context, out))
}

/// The mounts that the sender may see.
pub async fn mounts(ask: Ask) -> Result<Response, Fault> {
    Ok(envelope::doubled(&ask.context, &all(&ask).await?))
}

/// Makes a vault, which is what a mount is here.
pub async fn mount(ask: Ask, input: Input) -> Result<Response, Fault> {
    let name = ask::vault(ask.rest().trim_matches('/')).map_err(|_| Fault::bad("this can be no mount"))?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = input.member("options").and_then(|options| options.get("version"));
    let kind = (text(input.member("type")), text(version));
    if !matches!(
        (kind.0.as_str(), kind.1.as_str()),
        ("kv", "2") | ("kv-v2", "" | "2")
    ) {
        return Err(Fault::bad(
            "only secrets engines of type kv, version 2, are served here",
        ));
    }
    let settings = VaultSettings {
        environments: vec![EnvName::default_environment()],
        access: Vec::new(),
        owner: None,
    };
    let made = ask
        .app
        .coffer
        .create_vault(&ask.caller, &ask.tenant, &name, settings)
        .await;
    match made {
        Err(Error::AlreadyExists { .. }) => Err(Fault::bad(format!("path is already in use at {name}/"))),
        done => Ok(done.map(|_| envelope::done())?),
    }
}

async fn all(ask: &Ask) -> Result<Map<String, Value>, Fault> {
    let (mut mounts, mut after) = (Map::new(), None);
    loop {
        let coffer = &ask.app.coffer;
        let page = coffer
            .list_vaults(&ask.caller, &ask.tenant, after.as_ref(), MAX_PAGE)
            .await?;
        after = page.last().map(|vault| vault.name.clone());
        let complete = page.len() < MAX_PAGE as usize;
        mounts.extend(
            page.iter()
                .map(|vault| (format!("{}/", vault.name), mount_out(vault))),
        );
        if complete {
            return Ok(mounts);
        }
    }
}

fn mount_out(vault: &Vault) -> Value {
    let id = vault.id.to_string();
    json!({
        "accessor": format!("kv_{}", &id[id.len() - 8..]),
        "config": { "default_lease_ttl": 0, "force_no_cache": false, "max_lease_ttl": 0 },
        "deprecation_status": "supported",
        "description": "",
        "external_entropy_access": false,
        "local": false,
        "options": { "version": "2" },
        "plugin_version": "",
        "running_plugin_version": "",
        "running_sha256": "",
        "seal_wrap": false,
        "type": "kv",
        "uuid": id,
    })
}

/// What the sender may do at some paths.
pub async fn capabilities_self(ask: Ask, input: Input) -> Result<Response, Fault> {
    let paths = match (input.member("paths"), input.member("path")) {
        (Some(Value::Array(all)), _) => all.iter().filter_map(Value::as_str).collect(),
        (Some(Value::String(one)), _) | (None, Some(Value::String(one))) => {
            one.split(',').map(str::trim).collect()
        }
        _ => Vec::new(),
    };
    let paths: Vec<&str> = paths.into_iter().filter(|path| !path.is_empty()).collect();
    if paths.is_empty() {
        return Err(Fault::bad("paths must be supplied"));
    }
    let mut out = Map::new();
    for path in &paths {
        let found = json!(capabilities(&ask, path).await?);
        if paths.len() == 1 {
            out.insert("capabilities".to_owned(), found.clone());
        }
        out.insert((*path).to_owned(), found);
    }
    Ok(envelope::doubled(&ask.context, &out))
}

async fn capabilities(ask: &Ask, path: &str) -> Result<BTreeSet<&'static str>, Fault> {
    let deny = || Ok(BTreeSet::from(["deny"]));
    let mut parts = path.trim_matches('/').splitn(3, '/');
    let (Some(mount), Some(verb)) = (parts.next(), parts.next()) else {
        return deny();
    };
    let Ok(vault) = ask::vault(mount) else {
        return deny();
    };
    let name = match parts.next().map(SecretName::new) {
        None => None,
        Some(Ok(name)) => Some(name),
        Some(Err(_)) => return deny(),
    };
    let found = ask
        .app
        .coffer
        .abilities(&ask.caller, &ask.tenant, &vault, name.as_ref())
        .await?;
    let Some(found) = found else {
        return deny();
    };
    let named = found
        .allowed
        .iter()
        .flat_map(|permission| words(verb, *permission));
    let words: BTreeSet<&'static str> = named.copied().collect();
    if words.is_empty() { deny() } else { Ok(words) }
}

/// What a permission amounts to at the paths of a verb.
fn words(verb: &str, permission: Permission) -> &'static [&'static str] {
    match (verb, permission) {
        ("data" | "subkeys", Permission::Read) => &["read"],
        ("data" | "metadata", Permission::Write) => &["create", "patch", "update"],
        ("data", Permission::Delete) | ("metadata", Permission::Destroy) => &["delete"],
        ("metadata", Permission::List) => &["list", "read"],
        ("delete" | "undelete", Permission::Delete) | ("destroy", Permission::Destroy) => {
            &["create", "update"]
        }
        _ => &[],
    }
}
