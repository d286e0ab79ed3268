//! The injector that ships, against a Kubernetes API played by this program: its reviews per second, how long
//! they take at a steady pace, its memory, and that it calls nobody while it answers.

mod cluster;
mod injector;
mod paced;

use anyhow::Result;

use crate::{
    cost::resident,
    local::Bench,
    report::{Goal, Row, Unit},
    stats::{median, number, percentile},
    trace::Trace,
    wrk::{Load, Outcome},
};
use injector::Injector;

const CONNECTIONS: u32 = 8;
/// Reviews per second of the steady pace.
const PACE: u32 = 500;
const WARM: u64 = 2;

/// All of it.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let injector = Injector::start(bench)?;
    let idle = resident(injector.pid())?;
    let mut rows = steady(bench, &injector)?;
    let calls = injector.calls_received();
    let (rate, reviews) = flood(bench, &injector)?;
    let calls = injector.calls_received() - calls;
    rows.push(rate);
    rows.push(
        Row::new(
            "requests to the Kubernetes API meanwhile",
            number(calls),
            Unit::Count,
        )
        .goal(Goal::AtMost(0.0))
        .note(format!("during {reviews} reviews")),
    );
    rows.push(connects(bench)?);
    rows.push(idle.row(format!(
        "resident, idle, knowing {} VaultSecrets",
        cluster::SECRETS
    )));
    let after = resident(injector.pid())?.row("resident, after the load");
    rows.push(after.goal(Goal::AtMost(12.0)));
    Ok(rows)
}

fn steady(bench: &Bench, injector: &Injector) -> Result<Vec<Row>> {
    let seconds = u32::try_from(bench.settings.seconds * bench.settings.rounds)?;
    let times = paced::run(injector, &review(bench)?, CONNECTIONS, PACE, PACE * seconds)?;
    let note = format!(
        "p50 {:.2} ms; counted from when each was due; {} reviews on {CONNECTIONS} connections",
        median(&times),
        times.len()
    );
    Ok(vec![
        Row::new(
            format!("p99 at {PACE} reviews/s"),
            percentile(&times, 99),
            Unit::Milliseconds,
        )
        .goal(Goal::AtMost(5.0))
        .note(note),
    ])
}

/// As many as it answers, in closed loops; and how many that were.
fn flood(bench: &Bench, injector: &Injector) -> Result<(Row, u64)> {
    load(bench, injector, WARM)?;
    let rounds = (0..bench.settings.rounds).map(|_| load(bench, injector, bench.settings.seconds));
    let rounds = rounds.collect::<Result<Vec<Outcome>>>()?;
    let rate = median(&rounds.iter().map(Outcome::rate).collect::<Vec<_>>());
    let p99 = median(&rounds.iter().map(|round| round.p99_ms).collect::<Vec<_>>());
    let row = Row::new(
        format!("reviews at {CONNECTIONS} connections"),
        rate,
        Unit::PerSecond,
    )
    .goal(Goal::AtLeast(10_000.0))
    .note(format!("p99 {p99:.2} ms"));
    Ok((row, rounds.iter().map(|round| round.requests).sum()))
}

fn load(bench: &Bench, injector: &Injector, seconds: u64) -> Result<Outcome> {
    let file = review_file(bench).to_string_lossy().into_owned();
    Load {
        scripts: bench.settings.bench().join("lua"),
        url: injector.url(),
        connections: CONNECTIONS,
        arguments: vec!["review", &file],
    }
    .run(seconds)
}

/// Connections that a traced injector opens while it answers.
fn connects(bench: &Bench) -> Result<Row> {
    const CALLS: &[&str] = &["connect", "sendto", "sendmsg"];
    let trace = Trace(bench.scratch().join("connects"));
    let injector = Injector::start_traced(bench, CALLS, &trace.0)?;
    let before = trace.count(&["connect"])?;
    let outcome = load(bench, &injector, WARM)?;
    let opened = trace.count(&["connect"])? - before;
    let name = "connections that it opens meanwhile";
    Ok(Row::new(name, number(opened), Unit::Count)
        .goal(Goal::AtMost(0.0))
        .note(format!(
            "connect calls during {} reviews, under strace",
            outcome.requests
        )))
}

fn review_file(bench: &Bench) -> std::path::PathBuf {
    bench.settings.bench().join("data/review.json")
}

fn review(bench: &Bench) -> Result<Vec<u8>> {
    Ok(std::fs::read(review_file(bench))?)
}
