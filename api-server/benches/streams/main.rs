//! What a thousand pods with a stream open cost the server, and how long a change takes to reach them. The server is
//! a process of its own; client and server share the machine's cores. Reads, writes and memory under load are in
//! `bench/`.
//!
//! `cargo bench -p coffer-api-server --bench streams`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot run ends"
)]

mod server;
mod stream;

use futures::future::join_all;

use server::Server;
use stream::Stream;

/// How many pods have a stream open.
const STREAMS: usize = 1_000;
/// How many are opened at once: the server takes so many connections that wait.
const AT_ONCE: usize = 50;
/// How often a change is made.
const CHANGES: usize = 20;

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut server = Server::start().await;
    let before = server.memory();
    let mut streams = open(&server).await;
    println!(
        "memory: {before:.1} MB, and {:.1} MB more with {STREAMS} idle streams",
        server.memory() - before
    );
    reach(&server, &mut streams).await;
    // After that, not before: what a stream has not read yet would be taken for the next change.
    reach(&server, &mut streams[..1]).await;
    server.end().await;
}

async fn open(server: &Server) -> Vec<Stream> {
    let mut streams = Vec::new();
    for some in (0..STREAMS).collect::<Vec<_>>().chunks(AT_ONCE) {
        streams.extend(join_all(some.iter().map(|pod| server.cluster.open(server.address, *pod))).await);
    }
    streams
}

async fn reach(server: &Server, streams: &mut [Stream]) {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for _ in 0..CHANGES {
        let arrivals = stream::reach(streams, server.change()).await;
        first.push(arrivals[0]);
        last.push(arrivals[arrivals.len() - 1]);
    }
    first.sort_unstable();
    last.sort_unstable();
    println!(
        "change to line, {} of {STREAMS} streams read: first {:?}, last {:?} (medians of {CHANGES})",
        streams.len(),
        first[CHANGES / 2],
        last[CHANGES / 2]
    );
}
