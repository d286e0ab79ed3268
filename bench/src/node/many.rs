//! Many `VaultSecrets`: how long until all are Ready, what they cost the operator and the Kubernetes API.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use coffer_crds::Vault;
use coffer_e2e::{Namespace, condition};

use super::{
    apply::{Applied, apply},
    flow::Flows,
    idle, operator,
};
use crate::{
    cli::Settings,
    node,
    report::{Goal, Row, Unit},
    stats::number,
};

/// Creates on their way at a time, when they come in a burst.
const BURST: usize = 64;
const PATIENCE: Duration = Duration::from_mins(5);

/// One after the other, then idle minutes; and then, in another namespace, in a burst.
pub async fn measure(settings: &Settings) -> Result<Vec<Row>> {
    let namespace = vault().await?;
    let flows = Flows::start(namespace.client.clone()).await?;
    let measured = in_order(settings, &namespace, &flows).await;
    flows.end().await?;
    let mut rows = measured?;
    namespace.end().await?;
    let namespace = vault().await?;
    let applied = apply(&namespace, settings.many, BURST, PATIENCE).await?;
    let name = format!("all Ready after the last create, {BURST} at a time");
    rows.insert(1, settled(&name, applied, settings.many));
    namespace.end().await?;
    Ok(rows)
}

/// A namespace with a vault that is Ready.
pub async fn vault() -> Result<Namespace> {
    let namespace = node::namespace("many").await?;
    namespace
        .until("app", |vault: &Vault| {
            let status = vault.status.clone().unwrap_or_default();
            condition(&status.conditions, "Ready", "True").map(drop)
        })
        .await?;
    Ok(namespace)
}

async fn in_order(settings: &Settings, namespace: &Namespace, flows: &Flows) -> Result<Vec<Row>> {
    let many = settings.many;
    let memory = operator::resident(&namespace.client).await?;
    let (before, all_before) = (flows.counts().await?, flows.by_resource().await?);
    let applied = apply(namespace, many, 1, PATIENCE).await?;
    let after = idle::settled(flows).await?;
    let others = difference(&all_before, &flows.by_resource().await?);
    let per_object = number(after.others - before.others) / f64::from(many);
    let mut rows = vec![
        settled(
            "all Ready after the last create, one after the other",
            applied,
            many,
        ),
        Row::new(
            "requests of our programs to the Kubernetes API, per object",
            per_object,
            Unit::Count,
        )
        .note(frequent(&others, many)),
    ];
    if let (Some(before), Some(after)) = (memory, operator::resident(&namespace.client).await?) {
        rows.push(before.row("operator's memory before"));
        rows.push(
            after
                .row(format!("operator's memory with {many} VaultSecrets"))
                .goal(Goal::AtMost(40.0)),
        );
    }
    rows.extend(idle::measure(flows, settings.idle_minutes).await?);
    Ok(rows)
}

fn settled(name: &str, applied: Applied, many: u32) -> Row {
    let milliseconds = applied.settling.as_secs_f64() * 1000.0;
    Row::new(name, milliseconds, Unit::Milliseconds)
        .goal(Goal::AtMost(2000.0))
        .note(format!(
            "{many} created in {:.1} s",
            applied.creating.as_secs_f64()
        ))
}

fn difference(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let of = |name: &String| before.get(name).copied().unwrap_or_default();
    after
        .iter()
        .map(|(name, count)| (name.clone(), count.saturating_sub(of(name))))
        .collect()
}

/// What came to at least a tenth per object, creates by this program included.
fn frequent(by_resource: &BTreeMap<String, u64>, many: u32) -> String {
    let frequent = by_resource
        .iter()
        .filter(|(_, count)| **count * 10 >= u64::from(many));
    let texts = frequent.map(|(name, count)| format!("{name} {:.2}", number(*count) / f64::from(many)));
    format!("of everyone: {}", texts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frequent_requests_are_named() {
        let counts = |pairs: &[(&str, u64)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        let (before, after) = (
            counts(&[("PATCH a", 10)]),
            counts(&[("PATCH a", 110), ("GET b", 9), ("POST c", 200)]),
        );
        let said = frequent(&difference(&before, &after), 100);
        assert_eq!(said, "of everyone: PATCH a 1.00, POST c 2.00");
    }
}
