//! A large cluster: many `VaultSecret`s beside many Secrets that are none of ours. How long until all are Ready, what the
//! operator holds and spends for them, and how long their namespace takes to go.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coffer_e2e::Namespace;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Namespace as CoreNamespace, Secret};
use kube::{Api, Client, api::PostParams};
use serde_json::json;
use tokio::time::sleep;

use super::{apply::apply, many, operator};
use crate::{
    cli::Settings,
    cost,
    report::{Goal, Row, Unit},
    stats::number,
};

/// Creates on their way at a time.
const BURST: usize = 64;
const PATIENCE: Duration = Duration::from_mins(20);
const PAUSE: Duration = Duration::from_millis(200);
/// 64 MiB, in 10^6 bytes.
const MOST_MEMORY: f64 = 67.1;
/// From the first create to the last that is Ready.
const GOAL: Duration = Duration::from_mins(1);

/// What the operator held and had spent at one moment; none when its pod runs on another machine.
type Sight = Option<(cost::Resident, u64)>;

async fn sight(client: &Client) -> Result<Sight> {
    let Some(pid) = operator::process(client).await? else {
        return Ok(None);
    };
    Ok(Some((cost::resident(pid)?, cost::processor_micros(pid)?)))
}

/// All of it; the namespaces are gone afterwards.
pub async fn measure(settings: &Settings) -> Result<Vec<Row>> {
    let others = Namespace::new("bench-others", json!({})).await?;
    let client = others.client.clone();
    let alone = sight(&client).await?;
    eprintln!("   {} Secrets of others", settings.foreign);
    fill(&others, settings.foreign).await?;
    let beside = sight(&client).await?;
    let namespace = many::vault().await?;
    eprintln!("   {} VaultSecrets", settings.scale);
    let applied = apply(&namespace, settings.scale, BURST, PATIENCE).await?;
    let after = sight(&client).await?;
    let total = applied.creating + applied.settling;
    let mut rows = vec![ready(settings, total, applied.creating)];
    rows.extend(memory(settings, &[alone, beside, after]));
    rows.push(gone(settings, namespace).await?);
    gone(settings, others).await?;
    Ok(rows)
}

fn ready(settings: &Settings, total: Duration, creating: Duration) -> Row {
    let name = format!("{} VaultSecrets, first create to all Ready", settings.scale);
    Row::new(name, total.as_secs_f64() * 1000.0, Unit::Milliseconds)
        .goal(Goal::AtMost(GOAL.as_secs_f64() * 1000.0))
        .note(format!(
            "{BURST} at a time, created in {:.1} s",
            creating.as_secs_f64()
        ))
}

fn memory(settings: &Settings, sights: &[Sight]) -> Vec<Row> {
    let &[Some((alone, _)), Some((beside, before)), Some((after, spent))] = sights else {
        return Vec::new();
    };
    let of = number(u64::from(settings.scale));
    let kilobytes = (after.own - beside.own) * 1000.0 / of;
    let milliseconds = number(spent - before) / 1000.0 / of;
    vec![
        alone.row("operator's memory before"),
        beside.row(format!(
            "operator's memory beside {} Secrets of others",
            settings.foreign
        )),
        after
            .row(format!(
                "operator's memory with {} VaultSecrets too",
                settings.scale
            ))
            .goal(Goal::AtMost(MOST_MEMORY)),
        Row::new("of that, for one VaultSecret", kilobytes, Unit::Kilobytes),
        Row::new(
            "operator's processor time for one VaultSecret",
            milliseconds,
            Unit::Milliseconds,
        ),
    ]
}

/// So many Secrets that nobody of ours asked for.
async fn fill(namespace: &Namespace, count: u32) -> Result<()> {
    let secrets: Api<Secret> = namespace.api();
    let creates = stream::iter(0..count).map(|n| {
        let secrets = secrets.clone();
        async move {
            let secret = json!({"metadata": {"name": format!("other-{n:05}")}, "stringData": {"value": "x".repeat(64)}});
            let secret: Secret = serde_json::from_value(secret)?;
            secrets.create(&PostParams::default(), &secret).await?;
            Ok::<_, anyhow::Error>(())
        }
    });
    creates
        .buffer_unordered(BURST)
        .try_for_each(|()| async { Ok(()) })
        .await
        .context("create the Secrets of others")
}

/// Deletes a namespace and waits until there is none.
async fn gone(settings: &Settings, namespace: Namespace) -> Result<Row> {
    let (client, name) = (namespace.client.clone(), namespace.name.clone());
    let begun = Instant::now();
    namespace.end().await?;
    let namespaces: Api<CoreNamespace> = Api::all(client);
    while namespaces.get_metadata_opt(&name).await?.is_some() {
        ensure!(begun.elapsed() < PATIENCE, "the namespace {name} does not go");
        sleep(PAUSE).await;
    }
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    let name = format!(
        "a namespace with {} VaultSecrets, deleted to gone",
        settings.scale
    );
    Ok(Row::new(name, took, Unit::Milliseconds))
}
