//! How many commits and audited reads per second the embedded store takes, with the flushes they cost.
//! `cargo bench -p coffer-store --bench throughput -- [seconds] [directory]`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{
    future::Future,
    path::PathBuf,
    time::{Duration, Instant},
};

use coffer_domain::{id::SecretId, name::SecretName, store::Store};
use coffer_store::{AuditDurability, Stats, StoreOptions, SystemClock, SystemEntropy};
use common::{Tenant, environment, event, options};

const CLIENTS: usize = 64;
const SECRETS: usize = 1000;
const VALUE: [u8; 64] = [b'v'; 64];

fn main() {
    let numbers: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let seconds = numbers.first().and_then(|text| text.parse().ok()).unwrap_or(5);
    let parent = numbers.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for durability in [AuditDurability::Written, AuditDurability::Durable] {
            let directory = tempfile::TempDir::new_in(&parent).unwrap();
            let options = StoreOptions {
                audit_durability: durability,
                ..options(directory.path())
            };
            println!("records of reads are {durability:?}; {CLIENTS} clients, {seconds} s each");
            run(&Tenant::open(options).await, Duration::from_secs(seconds)).await;
        }
    });
}

async fn run(tenant: &Tenant, time: Duration) {
    let names: Vec<SecretName> = (0..SECRETS)
        .map(|n| SecretName::new(format!("S{n}")).unwrap())
        .collect();
    let entropy = SystemEntropy::checked().unwrap();
    let ids: Vec<SecretId> = names
        .iter()
        .map(|_| SecretId::fresh(&SystemClock, &entropy))
        .collect();
    for (id, name) in ids.iter().zip(&names) {
        tenant.commit(tenant.version(*id, name, 1, &VALUE)).await;
    }
    measure(
        tenant,
        "durable commits of one secret",
        time,
        async |client, round| {
            // Each client has its own secrets, so that versions follow each other.
            let mine = client + CLIENTS * (round % (SECRETS / CLIENTS));
            let version = 2 + (round / (SECRETS / CLIENTS)) as u64;
            tenant
                .commit(tenant.version(ids[mine], &names[mine], version, &VALUE))
                .await;
        },
    )
    .await;
    measure(tenant, "reads, not audited", time, async |client, round| {
        let name = &names[(client * 31 + round) % SECRETS];
        tenant
            .store
            .open(&tenant.vault, &environment(), name, None)
            .await
            .unwrap()
            .unwrap();
    })
    .await;
    measure(tenant, "records alone", time, async |_, _| {
        tenant
            .store
            .record(tenant.vault.organization.id, event("secret.read"))
            .await
            .unwrap();
    })
    .await;
    measure(tenant, "audited reads", time, async |client, round| {
        let (organization, name) = (
            tenant.vault.organization.id,
            &names[(client * 31 + round) % SECRETS],
        );
        let located = tenant
            .store
            .vault(&tenant.vault.organization.name, &tenant.vault.vault.name)
            .await
            .unwrap();
        tenant
            .store
            .open(&located.unwrap(), &environment(), name, None)
            .await
            .unwrap()
            .unwrap();
        tenant
            .store
            .record(organization, event("secret.read"))
            .await
            .unwrap();
    })
    .await;
}

/// Runs `work` from all clients for `time`, and prints what came of it.
async fn measure<F: Future<Output = ()>>(
    tenant: &Tenant,
    what: &str,
    time: Duration,
    work: impl Fn(usize, usize) -> F + Copy,
) {
    let (start, before) = (Instant::now(), tenant.store.stats());
    let clients = (0..CLIENTS).map(|client| async move {
        let mut waits = Vec::new();
        while start.elapsed() < time {
            let asked = Instant::now();
            work(client, waits.len()).await;
            waits.push(asked.elapsed());
        }
        waits
    });
    let mut waits: Vec<Duration> = futures::future::join_all(clients)
        .await
        .into_iter()
        .flatten()
        .collect();
    report(what, &mut waits, start.elapsed(), before, tenant.store.stats());
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(what: &str, waits: &mut [Duration], took: Duration, before: Stats, after: Stats) {
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100];
    let rate = waits.len() as f64 / took.as_secs_f64();
    let (transactions, flushes) = (
        after.transactions - before.transactions,
        after.flushes - before.flushes,
    );
    let per = |count: u64| count as f64 / waits.len() as f64;
    println!(
        "  {what:32} {rate:9.0}/s  p50 {:8.3?}  p99 {:8.3?}  {:.4} transactions and {:.4} flushes each",
        at(50),
        at(99),
        per(transactions),
        per(flushes)
    );
}
