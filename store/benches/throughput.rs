//! How many commits and audited reads per second the embedded store takes, with the flushes they cost.
//! `cargo bench -p coffer-store --bench throughput -- [seconds] [directory]`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use coffer_domain::{id::SecretId, name::SecretName, store::Store};
use coffer_store::{AuditDurability, Stats, StoreOptions, SystemClock, SystemEntropy};
use common::{Tenant, environment, event, options};

const CLIENTS: usize = 64;
const EACH: usize = 16;
const VALUE: [u8; 64] = [b'v'; 64];

/// What the clients do.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// A new version of a secret, on disk.
    Commit,
    /// A value, opened; no record of it.
    Read,
    /// A record of a read.
    Record,
    /// A value with its vault's row, opened, and the record of it.
    AuditedRead,
    /// Nine audited reads for each commit.
    NineToOne,
}

/// A tenant with `EACH` secrets per client.
struct Bench {
    tenant: Tenant,
    secrets: Vec<(SecretId, SecretName)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let seconds = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(5);
    let parent = arguments.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
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
            let bench = Arc::new(Bench::new(options).await);
            for work in [
                Work::Commit,
                Work::Read,
                Work::Record,
                Work::AuditedRead,
                Work::NineToOne,
            ] {
                bench.measure(work, Duration::from_secs(seconds)).await;
            }
        }
    });
}

impl Bench {
    async fn new(options: StoreOptions) -> Self {
        let tenant = Tenant::open(options).await;
        let entropy = SystemEntropy::checked().unwrap();
        let secret = |n| {
            (
                SecretId::fresh(&SystemClock, &entropy),
                SecretName::new(format!("S{n}")).unwrap(),
            )
        };
        let secrets: Vec<_> = (0..CLIENTS * EACH).map(secret).collect();
        for (id, name) in &secrets {
            tenant.commit(tenant.version(*id, name, 1, &VALUE)).await;
        }
        Self { tenant, secrets }
    }

    async fn step(&self, work: Work, client: usize, round: usize) {
        match work {
            Work::Commit => self.commit(client, round).await,
            Work::Read => self.read((client * 31 + round) % self.secrets.len()).await,
            Work::Record => self.record().await,
            Work::NineToOne if round.is_multiple_of(10) => self.commit(client, round / 10).await,
            Work::AuditedRead | Work::NineToOne => {
                self.read((client * 31 + round) % self.secrets.len()).await;
                self.record().await;
            }
        }
    }

    /// A version of one of the client's own secrets; nobody looks at which.
    async fn commit(&self, client: usize, round: usize) {
        let (id, name) = &self.secrets[client * EACH + round % EACH];
        let next = self.tenant.store.versions(*id).await.unwrap()[0].version.next();
        self.tenant
            .commit(self.tenant.version(*id, name, next.get(), &VALUE))
            .await;
    }

    async fn read(&self, at: usize) {
        let vault = &self.tenant.vault;
        let located = self
            .tenant
            .store
            .vault(&vault.organization.name, &vault.vault.name)
            .await
            .unwrap()
            .unwrap();
        let opened = self
            .tenant
            .store
            .open(&located, &environment(), &self.secrets[at].1, None)
            .await
            .unwrap();
        assert_eq!(opened.unwrap().value.unwrap().len(), VALUE.len());
    }

    async fn record(&self) {
        let organization = self.tenant.vault.organization.id;
        self.tenant
            .store
            .record(organization, event("secret.read"))
            .await
            .unwrap();
    }

    /// All clients at work for `time`; prints what came of it.
    async fn measure(self: &Arc<Self>, work: Work, time: Duration) {
        let (start, before) = (Instant::now(), self.tenant.store.stats());
        let clients = (0..CLIENTS).map(|client| {
            let bench = Arc::clone(self);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while start.elapsed() < time {
                    let asked = Instant::now();
                    bench.step(work, client, waits.len()).await;
                    waits.push(asked.elapsed());
                    // Where nothing waits, let the others have their turn.
                    tokio::task::consume_budget().await;
                }
                waits
            })
        });
        let waits = futures::future::try_join_all(clients).await.unwrap();
        report(
            work,
            waits.into_iter().flatten().collect(),
            start.elapsed(),
            (before, self.tenant.store.stats()),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(work: Work, mut waits: Vec<Duration>, took: Duration, (before, after): (Stats, Stats)) {
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100];
    let rate = waits.len() as f64 / took.as_secs_f64();
    let per = |before: u64, after: u64| (after - before) as f64 / waits.len() as f64;
    let transactions = per(before.transactions, after.transactions);
    let flushes = per(before.flushes, after.flushes);
    println!(
        "  {:12} {rate:9.0}/s  p50 {:9.3?}  p99 {:9.3?}  {transactions:.4} transactions and {flushes:.4} flushes each",
        format!("{work:?}"),
        at(50),
        at(99),
    );
}
