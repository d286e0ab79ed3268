//! Many agents on one api-server, each the program that ships: what they cost it idle, and how long after a rotation was
//! asked for each has said that the new version is in place.

mod cluster;
mod crowd;
mod ledger;

use std::{path::Path, process::Command, thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};

use self::{
    cluster::{Cluster, ISSUER, now},
    crowd::{Crowd, Target},
    ledger::{Ledger, Line},
};
use super::{Bench, seed, server::Server};
use crate::{
    cost,
    report::{Goal, Row, Unit},
    stats::{number, percentile},
};

const ORGANIZATION: &str = "bench";
/// The secret that all pods want.
const SECRET: &str = "TOKEN";
/// Rotations that count, and that come before.
const ROTATIONS: u32 = 20;
const WARM: u32 = 2;
/// How long nothing happens: four signs of life of each stream.
const IDLE: Duration = Duration::from_mins(1);

/// What was seen at one moment.
struct Sight {
    resident: cost::Resident,
    micros: u64,
}

impl Sight {
    fn of(server: &Server) -> Result<Self> {
        let pid = server.program.pid();
        Ok(Self {
            resident: cost::resident(pid)?,
            micros: cost::processor_micros(pid)?,
        })
    }

    fn micros_since(&self, before: &Self) -> f64 {
        number(self.micros - before.micros)
    }
}

/// The moments between which costs lie.
struct Sights {
    alone: Sight,
    connected: Sight,
    idle: Sight,
    warm: Sight,
    after: Sight,
}

/// All of it.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let count = bench.settings.agents;
    let (data, tls) = (bench.scratch().join("agents"), bench.scratch().join("agents-tls"));
    let jwks = bench.scratch().join("agents-jwks.json");
    let admin = prepare(bench, &data)?;
    let cluster = Cluster::publish(&jwks)?;
    let server = start(bench, &data, &tls, &jwks)?;
    let authority =
        std::fs::read_to_string(tls.join("ca.crt")).context("read the authority's certificate")?;
    let ledger = Ledger::new(&server.url, &authority, &admin)?;
    // One client, so that nothing is put off until there is one.
    bench.runtime.block_on(ledger.lines())?;
    let alone = Sight::of(&server)?;
    eprintln!("   {count} agents");
    let target = Target {
        url: &server.url,
        trust: &authority,
    };
    let agent = bench
        .settings
        .agent
        .canonicalize()
        .context("the agent's program")?;
    let crowd = Crowd::start(&agent, count, &target, &cluster)?;
    bench.runtime.block_on(async {
        ledger.until_connected(u64::from(count)).await?;
        ledger.until_acknowledged(u64::from(count)).await
    })?;
    let connected = Sight::of(&server)?;
    sleep(IDLE);
    let idle = Sight::of(&server)?;
    bench.runtime.block_on(rotations(&ledger, count, WARM))?;
    let warm = Sight::of(&server)?;
    let took = bench.runtime.block_on(rotations(&ledger, count, ROTATIONS))?;
    let sights = Sights {
        alone,
        connected,
        idle,
        warm,
        after: Sight::of(&server)?,
    };
    let mut rows = times(&took, count);
    rows.extend(costs(&sights, count));
    rows.push(memory_of(&crowd)?);
    Ok(rows)
}

fn prepare(bench: &Bench, data: &Path) -> Result<String> {
    let admin = seed::bootstrap(bench, data)?;
    let output = Command::new(bench.program("coffer-bench-store"))
        .args(["--organization", ORGANIZATION, "--secret", SECRET, "--data"])
        .arg(data)
        .output()
        .context("cannot run coffer-bench-store")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "coffer-bench-store: {said}");
    Ok(admin)
}

fn start(bench: &Bench, data: &Path, tls: &Path, jwks: &Path) -> Result<Server> {
    let text = |path: &Path| path.to_str().map(str::to_owned).context("a path that is no text");
    let (tls, jwks) = (text(tls)?, text(jwks)?);
    let arguments = [
        "--tls-dir",
        &tls,
        "--workload-issuer",
        ISSUER,
        "--workload-jwks-file",
        &jwks,
    ];
    Server::start(bench, data, &arguments)
}

/// One rotation after the other, each once all have acknowledged the last: milliseconds of each agent's.
async fn rotations(ledger: &Ledger, agents: u32, count: u32) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    for _ in 0..count {
        let before = ledger.acknowledged().await?;
        let asked = now();
        let version = ledger.rotate().await?;
        ledger.until_acknowledged(before + u64::from(agents)).await?;
        let lines = ledger.lines().await?;
        let there = lines.iter().filter(|line| line.version == version).count();
        ensure!(
            there == agents as usize,
            "{there} of {agents} agents have version {version}"
        );
        let since = |line: &Line| line.at.duration_since(asked).as_secs_f64() * 1000.0;
        took.extend(lines.iter().map(since));
    }
    Ok(took)
}

fn times(took: &[f64], agents: u32) -> Vec<Row> {
    let note = format!(
        "{ROTATIONS} rotations, {agents} agents; the last of all {:.0} ms",
        percentile(took, 100)
    );
    vec![
        Row::new(
            "rotation to acknowledgement, p50",
            percentile(took, 50),
            Unit::Milliseconds,
        )
        .note(note),
        Row::new(
            "rotation to acknowledgement, p99",
            percentile(took, 99),
            Unit::Milliseconds,
        )
        .goal(Goal::AtMost(2000.0)),
    ]
}

fn costs(sights: &Sights, agents: u32) -> Vec<Row> {
    let Sights {
        alone,
        connected,
        idle,
        warm,
        after,
    } = sights;
    let agents = f64::from(agents);
    let kilobytes = (idle.resident.own - alone.resident.own) * 1000.0 / agents;
    let rotation = after.micros_since(warm) / f64::from(ROTATIONS);
    let milliseconds = |name: &str, micros: f64| Row::new(name, micros / 1000.0, Unit::Milliseconds);
    vec![
        alone.resident.row("server's memory before they come"),
        idle.resident.row("server's memory, all connected and idle"),
        Row::new("of that, for one agent's stream", kilobytes, Unit::Kilobytes),
        after
            .resident
            .row(format!("server's memory after {} rotations", WARM + ROTATIONS)),
        milliseconds(
            "server's processor time, for one to connect and acknowledge",
            connected.micros_since(alone) / agents,
        ),
        Row::new(
            "server's processor time, all connected and idle",
            idle.micros_since(connected) / IDLE.as_secs_f64() / 1e6,
            Unit::Share,
        )
        .note("of one core"),
        milliseconds(
            "server's processor time, for one rotation with all of it",
            rotation,
        )
        .note(format!("{:.2} ms for each agent", rotation / agents / 1000.0)),
    ]
}

fn memory_of(crowd: &Crowd) -> Result<Row> {
    let (own, all) = crowd.resident()?;
    let note = format!("{own:.2} MB of it own data, on average");
    Ok(Row::new("an agent's own memory then", all, Unit::Megabytes).note(note))
}
