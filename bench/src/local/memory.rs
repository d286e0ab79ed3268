//! The api-server's resident memory: idle, and after load.

use anyhow::Result;

use super::{
    Bench,
    server::{PLAIN, Server},
};
use crate::{
    cost::resident,
    report::{Goal, Row},
};

/// A server that has just started on a full store, then the same one after reads and writes.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let seeded = bench.seeded()?;
    let (count, seconds) = (bench.settings.secrets.to_string(), bench.settings.seconds);
    let server = Server::start(bench, &bench.copy("memory")?, PLAIN)?;
    let pid = server.program.pid();
    let load = |mode, token, connections, count, seconds| {
        bench
            .load(&server.url, mode, token, connections, count)
            .run(seconds)
    };
    // One client, so that nothing is put off until there is one.
    load("read", &seeded.reader, 1, "1", 1)?;
    let idle = resident(pid)?.row(format!("resident, idle with {count} secrets"));
    load("read", &seeded.reader, 32, &count, seconds)?;
    let after_reads = resident(pid)?.row("resident, after reads at 32 connections");
    load("write", &seeded.writer, 64, &count, seconds)?;
    let after_writes = resident(pid)?.row("resident, after writes at 64 connections too");
    Ok(vec![idle.goal(Goal::AtMost(30.0)), after_reads, after_writes])
}
