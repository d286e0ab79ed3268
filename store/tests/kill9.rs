//! Kills the store's process at random moments and looks whether anything that it acknowledged is missing.
//!
//! This program is its own child: the child writes and says on its standard output what was acknowledged; the
//! parent kills it, opens the store and compares. It shows that the death of the process loses nothing; that a
//! power cut does not either rests on the flushes, which the death of a process cannot show.
//! `cargo test -p coffer-store --test kill9 -- [cycles]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test with a harness of its own"
)]

mod common;

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use coffer_domain::{
    audit::{Outcome, Verifier},
    id::SecretId,
    name::SecretName,
    port::Entropy,
    store::Store,
};
use coffer_store::SystemEntropy;
use common::{Tenant, arguments, environment, event, options, runtime};

const CYCLES: u64 = 200;
const WRITERS: u64 = 16;

fn main() {
    let (arguments, runtime) = (arguments(), runtime());
    match arguments.as_slice() {
        [role, path, cycle] if role == "child" => {
            runtime.block_on(write_for_ever(path, cycle.parse().unwrap()));
        }
        [cycles] => runtime.block_on(kill_and_verify(cycles.parse().unwrap())),
        _ => runtime.block_on(kill_and_verify(CYCLES)),
    }
}

/// The child: each writer gives its secret version after version, and says so after each acknowledgement.
async fn write_for_ever(path: &str, cycle: u64) {
    let tenant = Tenant::open(options(Path::new(path))).await;
    println!("open");
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(tenant.clone(), cycle, writer)));
    futures::future::join_all(writers).await;
}

async fn write(tenant: Tenant, cycle: u64, writer: u64) {
    let (id, name) = identity(cycle, writer);
    for number in 1.. {
        let value = format!("{name}@{number}");
        tenant
            .commit(tenant.version(id, &name, number, value.as_bytes()))
            .await;
        // One write call for the whole line: the parent sees all of it or nothing.
        std::io::stdout()
            .write_all(format!("{writer} {number}\n").as_bytes())
            .unwrap();
        tenant
            .store
            .record(tenant.vault.organization.id, event("secret.read"))
            .await
            .unwrap();
        std::io::stdout()
            .write_all(format!("{writer} {number} read\n").as_bytes())
            .unwrap();
    }
}

fn identity(cycle: u64, writer: u64) -> (SecretId, SecretName) {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&cycle.to_be_bytes());
    id[8..].copy_from_slice(&writer.to_be_bytes());
    (
        SecretId::from_bytes(id),
        SecretName::new(format!("C{cycle}.W{writer}")).unwrap(),
    )
}

/// What the child said before it died.
#[derive(Default)]
struct Acknowledged {
    versions: HashMap<u64, u64>,
    reads: u64,
}

async fn kill_and_verify(cycles: u64) {
    let directory = tempfile::TempDir::new().unwrap();
    let (mut writes, mut reads, mut records) = (0, 0, 0);
    let mut verifier = None;
    for cycle in 1..=cycles {
        let acknowledged = run_and_kill(directory.path(), cycle);
        let tenant = Tenant::open(options(directory.path())).await;
        let verifier = verifier.get_or_insert_with(|| Verifier::new(tenant.vault.organization.id));
        verify_versions(&tenant, cycle, &acknowledged).await;
        let seen = verify_chain(&tenant, verifier).await;
        assert!(
            seen >= acknowledged.reads,
            "cycle {cycle}: {seen} of {} records of reads are there",
            acknowledged.reads
        );
        // One per writer may have been under way; more were linked twice.
        let most = acknowledged.reads + WRITERS;
        assert!(
            seen <= most,
            "cycle {cycle}: {seen} records of reads are there, of {most} at most"
        );
        writes += acknowledged.versions.values().sum::<u64>();
        reads += acknowledged.reads;
        records = verifier.head().0;
    }
    println!(
        "{cycles} kills: {writes} acknowledged writes and {reads} acknowledged reads, none lost; {records} audit records in one unbroken chain"
    );
    assert!(writes > 0 && reads > 0, "the children did nothing");
}

/// Starts the child, lets it write for a random while, and kills it.
fn run_and_kill(path: &Path, cycle: u64) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", path.to_str().unwrap(), &cycle.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(
        lines.next().unwrap().unwrap(),
        "open",
        "cycle {cycle}: the child could not open the store"
    );
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Acknowledged::default();
        lines
            .map_while(Result::ok)
            .for_each(|line| acknowledged.take(&line));
        acknowledged
    });
    std::thread::sleep(random_wait());
    kill(&mut child);
    reader.join().unwrap()
}

/// Up to 65 ms: the moment of death is to be any moment.
fn random_wait() -> Duration {
    let mut random = [0; 2];
    SystemEntropy::checked().unwrap().fill(&mut random);
    Duration::from_micros(u64::from(u16::from_be_bytes(random)) % 100_000)
}

/// `SIGKILL`, and to the end.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

impl Acknowledged {
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ').map(str::to_owned);
        let (writer, number) = (words.next().unwrap(), words.next().unwrap());
        if words.next().is_some() {
            self.reads += 1;
        } else {
            self.versions
                .insert(writer.parse().unwrap(), number.parse().unwrap());
        }
    }
}

/// Every acknowledged version is there with its value; at most one more per writer, which was under way.
async fn verify_versions(tenant: &Tenant, cycle: u64, acknowledged: &Acknowledged) {
    for writer in 0..WRITERS {
        let (id, name) = identity(cycle, writer);
        let last = acknowledged.versions.get(&writer).copied().unwrap_or(0);
        let found = tenant.store.versions(id).await.unwrap();
        let count = found.len() as u64;
        assert!(
            count == last || count == last + 1,
            "cycle {cycle}: {name} has {count} versions, {last} acknowledged"
        );
        for meta in found {
            let opened = tenant
                .store
                .open(&tenant.vault, &environment(), &name, Some(meta.version))
                .await
                .unwrap();
            let value = opened.unwrap().value.unwrap();
            assert_eq!(value.reveal(), format!("{name}@{}", meta.version).as_bytes());
        }
    }
}

/// Follows the chain to its end; how many records of reads there were on the way.
async fn verify_chain(tenant: &Tenant, verifier: &mut Verifier) -> u64 {
    let mut reads = 0;
    loop {
        let page = tenant
            .store
            .audit(tenant.vault.organization.id, verifier.head().0, 10_000)
            .await
            .unwrap();
        if page.is_empty() {
            return reads;
        }
        for record in &page {
            verifier.take(record).unwrap();
            let event = record.parse().unwrap();
            assert_eq!(event.outcome, Outcome::Allowed);
            reads += u64::from(event.action == "secret.read");
        }
    }
}
