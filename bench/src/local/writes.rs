//! Writes: each answered when its commit is on disk. Flushes are counted apart from the timed rounds, by
//! tracing a server of their own.

use anyhow::Result;

use super::{
    Bench,
    server::{PLAIN, Server},
    subject::{Subject, rate},
};
use crate::{
    report::{Goal, Row, Unit},
    stats::number,
    trace::Trace,
    wrk::Load,
};

const CONNECTIONS: u32 = 64;
const FLUSHES: &[&str] = &["fsync", "fdatasync"];
/// Seconds of load before anything counts.
const WARM: u64 = 2;

/// Rate, latency, and flushes per write.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let server = Server::start(bench, &bench.copy("writes")?, PLAIN)?;
    let mut subject = Subject::new("writes", &server.url, server.program.pid());
    let count = bench.settings.secrets.to_string();
    let load = load(bench, &server, &count)?;
    load.run(WARM)?;
    for n in 1..=bench.settings.rounds {
        let round = subject.round(&load, bench.settings.seconds)?;
        eprintln!(
            "   round {n}: {:.0}/s, p99 {:.2} ms",
            rate(&round),
            round.outcome.p99_ms
        );
        subject.rounds.push(round);
    }
    let slowest = format!(", p99.9 {:.2} ms", subject.p999());
    let writes = subject.rate(&slowest).goal(Goal::AtLeast(10_000.0));
    Ok(vec![writes, flushes(bench, &count)?])
}

fn load<'a>(bench: &'a Bench, server: &Server, count: &'a str) -> Result<Load<'a>> {
    let writer = &bench.seeded()?.writer;
    Ok(bench.load(&server.url, "write", writer, CONNECTIONS, count))
}

fn flushes(bench: &Bench, count: &str) -> Result<Row> {
    let trace = Trace(bench.scratch().join("flushes"));
    let server = Server::start_traced(bench, &bench.copy("writes-traced")?, FLUSHES, &trace.0)?;
    let before = trace.count(FLUSHES)?;
    let outcome = load(bench, &server, count)?.run(bench.settings.seconds)?;
    let flushes = trace.count(FLUSHES)? - before;
    let per_write = number(flushes) / number(outcome.requests);
    let note = format!(
        "{flushes} fsync and fdatasync for {} writes, under strace",
        outcome.requests
    );
    Ok(Row::new("flushes per write", per_write, Unit::Count).note(note))
}
