//! What a thousand agents cost one server: its memory and processor time while they are connected, and how long after
//! a rotation was asked for all of them have said that the new version is in place. They speak as agents do: TLS, a
//! stream that stays open, and a connection of its own for each acknowledgement, which resumes the TLS session. What an agent does in
//! between, which is its own benchmark, they leave out. The server is a process of its own; client and server share
//! the machine's cores.
//!
//! `cargo bench -p coffer-api-server --bench streams`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot run ends"
)]

mod agent;
mod cluster;
mod cost;
mod server;
mod store;

use std::time::{Duration, Instant};

use futures::{StreamExt, future::join_all, stream};

use agent::{Agent, Trust};
use cost::Cost;
use server::Server;

/// How many agents are connected.
const AGENTS: u32 = 1_000;
/// How many connect at once in the beginning.
const AT_ONCE: usize = 50;
/// How many rotations count, and how many come before.
const ROTATIONS: u32 = 20;
const WARM: u32 = 2;
/// How long nothing happens: two pings of each stream.
const IDLE: Duration = Duration::from_secs(40);

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut server = Server::start().await;
    let trust = Trust::of(&server.authority);
    let before = Cost::of(server.pid());
    let mut agents = connect(&server, &trust).await;
    let connected = Cost::of(server.pid());
    tokio::time::sleep(IDLE).await;
    let idle = Cost::of(server.pid());
    // An agent that is told of nothing would not notice that its stream had ended.
    rotations(&server, &mut agents, WARM).await;
    let warm = Cost::of(server.pid());
    let took = rotations(&server, &mut agents, ROTATIONS).await;
    let after = Cost::of(server.pid());

    println!("{AGENTS} agents on one server");
    let megabytes = |cost: &Cost| format!("{:.1} MB", cost.megabytes);
    row("resident before they come", &megabytes(&before));
    row("resident with them, idle", &megabytes(&idle));
    row(
        &format!("resident after {} rotations", WARM + ROTATIONS),
        &megabytes(&after),
    );
    let each = connected.since(&before) / AGENTS;
    row("processor time for one to connect", &format!("{each:.0?}"));
    let share = idle.since(&connected).div_duration_f64(IDLE);
    row(
        "processor time, idle",
        &format!("{:.2}% of a core", share * 100.0),
    );
    let each = after.since(&warm) / ROTATIONS;
    row(
        "processor time of a rotation with all of it",
        &format!("{each:.0?}"),
    );
    let (mut values, mut acknowledged): (Vec<_>, Vec<_>) = took.into_iter().unzip();
    row("rotation to new values at the agent", &shown(&mut values));
    row(
        "rotation to acknowledged (goal: p99 under 2 s)",
        &shown(&mut acknowledged),
    );
    server.end().await;
}

fn row(what: &str, figure: &str) {
    println!("  {what:<50} {figure}");
}

fn shown(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    format!(
        "p50 {:.0} ms, p99 {:.0} ms, last {:.0} ms",
        at(50),
        at(99),
        at(100)
    )
}

async fn connect(server: &Server, trust: &Trust) -> Vec<Agent> {
    let connecting = (0..AGENTS).map(|pod| Agent::connect(server.address, trust, server.cluster.token(pod)));
    stream::iter(connecting).buffer_unordered(AT_ONCE).collect().await
}

/// One rotation after the other, each once all have acknowledged the last; how long after it was asked for each agent had
/// the values, and had said so.
async fn rotations(server: &Server, agents: &mut Vec<Agent>, count: u32) -> Vec<(Duration, Duration)> {
    let mut took = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        let following = agents.drain(..).map(|mut agent| {
            let address = server.address;
            tokio::spawn(async move {
                let version = agent.next().await;
                let arrived = started.elapsed();
                agent.acknowledge(address, version).await;
                (agent, arrived, started.elapsed())
            })
        });
        let following: Vec<_> = following.collect();
        server.rotate().await;
        for followed in join_all(following).await {
            let (agent, arrived, acknowledged) = followed.unwrap();
            agents.push(agent);
            took.push((arrived, acknowledged));
        }
    }
    took
}
