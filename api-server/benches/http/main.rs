//! What the doors carry, beside a bare axum handler that returns a body of the same size (the ceiling). Each
//! server is a process of its own; client and server share the machine's cores.
//!
//! `cargo bench -p coffer-api-server --bench http [-- SECONDS]`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot run ends"
)]

mod ceiling;
mod load;
mod server;
mod streams;

use std::time::Duration;

use futures::future::join_all;

use load::{Figures, Load};
use server::Server;

/// How many secrets the store holds.
const SECRETS: usize = 10_000;
/// How many pods have a stream open.
const STREAMS: usize = 1_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "ceiling") {
        return ceiling::run(arguments[1].clone()).await;
    }
    let seconds = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(5);
    run(Duration::from_secs(seconds)).await;
}

async fn run(length: Duration) {
    let mut server = Server::start(SECRETS).await;
    let idle = server.memory();
    let sample = server.sample().await;
    let mut ceiling = ceiling::start(&sample).await;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{cores} cores, {SECRETS} secrets, {} s each; body {} bytes",
        length.as_secs(),
        sample.len()
    );
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9}",
        "", "per s", "p50 us", "p99 us", "cpu us"
    );

    let bare = Load {
        connections: 32,
        length,
    }
    .run(ceiling.id(), ceiling.address, |_, _| ceiling.request())
    .await;
    show("bare axum handler, 32 connections", &bare);
    let reads = Load {
        connections: 32,
        length,
    }
    .run(server.id(), server.address, |_, n| server.read(n))
    .await;
    show("authenticated audited reads, 32 connections", &reads);
    let writes = Load {
        connections: 64,
        length,
    }
    .run(server.id(), server.address, |at, n| server.write(at, n))
    .await;
    show("durable audited writes, 64 connections", &writes);

    println!(
        "reads: {:.0}% of the ceiling's rate, p99 {:.1} times the ceiling's",
        100.0 * reads.rate / bare.rate,
        reads.p99 / bare.p99
    );
    println!(
        "memory: {:.1} MB idle, {:.1} MB after the load",
        idle,
        server.memory()
    );
    ceiling.end().await;
    streams(&server).await;
    server.end().await;
}

/// What a thousand idle streams cost, and how long a change takes to reach them.
async fn streams(server: &Server) {
    let before = server.memory();
    let mut streams = Vec::new();
    for some in (0..STREAMS).collect::<Vec<_>>().chunks(50) {
        streams.extend(join_all(some.iter().map(|pod| server.cluster.open(server.address, *pod))).await);
    }
    println!(
        "memory: {:.1} MB more with {STREAMS} idle streams",
        server.memory() - before
    );
    for watching in [1, STREAMS] {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let (few, _) = streams.split_at_mut(watching);
        for _ in 0..20 {
            let arrivals = streams::reach(few, server.change()).await;
            first.push(arrivals[0]);
            last.push(arrivals[watching - 1]);
        }
        first.sort_unstable();
        last.sort_unstable();
        println!(
            "change to line, {watching} of {STREAMS} streams read: first {:?}, last {:?} (medians of 20)",
            first[10], last[10]
        );
    }
}

fn show(what: &str, figures: &Figures) {
    println!(
        "{what:<44} {:>9.0} {:>9.0} {:>9.0} {:>9.1}",
        figures.rate, figures.p50, figures.p99, figures.spent
    );
}
