//! What reaches the disk before an answer, as the kernel sees it: this program runs itself under `strace`, and
//! counts the flushes between a question and its answer. Without `strace` it says so and checks nothing.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test with a harness of its own"
)]

mod common;

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use coffer_domain::{id::SecretId, name::SecretName, store::Store};
use coffer_store::{AuditDurability, StoreOptions};
use common::{Tenant, arguments, event, options, runtime};

const TIMES: u64 = 50;

fn main() {
    let (arguments, runtime) = (arguments(), runtime());
    match arguments.as_slice() {
        [role, path] if role == "child" => runtime.block_on(ask(Path::new(path))),
        _ if Command::new("strace")
            .arg("-V")
            .stdout(Stdio::null())
            .status()
            .is_err() =>
        {
            println!("not run: there is no strace here to count flushes with");
        }
        _ => trace_and_count(),
    }
}

/// Says in the trace that the part called `what` begins.
fn mark(what: &str) {
    std::io::stdout()
        .write_all(format!("MARK {what}\n").as_bytes())
        .unwrap();
}

/// Two stores, one of each durability; a mark before each part and after each answer.
async fn ask(path: &Path) {
    let written = Tenant::open(options(&path.join("written"))).await;
    let durable = StoreOptions {
        audit_durability: AuditDurability::Durable,
        ..options(&path.join("durable"))
    };
    let durable = Tenant::open(durable).await;
    let name = SecretName::new("KEY").unwrap();
    for tenant in [&written, &durable] {
        // A store that was just opened empties its log once; the commit restarts it, flushed in its own way.
        while tenant.store.stats().checkpoints == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tenant
            .commit(tenant.version(SecretId::from_bytes([1; 16]), &name, 1, b"x"))
            .await;
    }
    for (what, tenant) in [("written", &written), ("durable", &durable)] {
        for _ in 0..TIMES {
            mark(what);
            tenant
                .store
                .record(tenant.vault.organization.id, event("secret.read"))
                .await
                .unwrap();
        }
    }
    for version in 2..2 + TIMES {
        mark("commit");
        written
            .commit(written.version(SecretId::from_bytes([1; 16]), &name, version, b"x"))
            .await;
    }
    mark("end");
}

fn trace_and_count() {
    let directory = tempfile::TempDir::new().unwrap();
    let trace = directory.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-e", "trace=fsync,fdatasync,write", "-o"])
        .arg(&trace);
    strace
        .arg(std::env::current_exe().unwrap())
        .arg("child")
        .arg(directory.path());
    let status = strace.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "the traced child failed: {status}");
    let trace = std::fs::read_to_string(&trace).unwrap();
    let counts = |what| flushes_after(&trace, what);
    for what in ["written", "durable", "commit"] {
        assert_eq!(
            counts(what).len() as u64,
            TIMES,
            "{what}: the trace is not complete"
        );
    }
    assert!(
        counts("written").iter().all(|&flushes| flushes == 0),
        "records that need no flush had one: {:?}",
        counts("written")
    );
    for what in ["durable", "commit"] {
        assert!(
            counts(what).iter().all(|&flushes| flushes > 0),
            "{what} was answered before it was flushed: {:?}",
            counts(what)
        );
    }
    println!(
        "{TIMES} of each: written records took no flush; each durable record and each commit was flushed before its answer"
    );
}

/// How many flushes ended between each mark `what` and the next mark.
fn flushes_after(trace: &str, what: &str) -> Vec<usize> {
    let parts = trace.split("MARK ").filter(|part| part.starts_with(what));
    let flush = |line: &&str| (line.contains("fsync") || line.contains("fdatasync")) && line.ends_with("= 0");
    parts.map(|part| part.lines().filter(flush).count()).collect()
}
