//! Reads, held against a bare handler in turns: first the one, then the other, several times, so that what
//! else the machine does falls on both.

use anyhow::Result;

use super::{
    Bench,
    ceiling::Ceiling,
    server::{PLAIN, Server},
    subject::{Subject, rate},
};
use crate::report::{Goal, Row, Unit};

const CONNECTIONS: u32 = 32;
/// Seconds of load before anything counts.
const WARM: u64 = 2;

/// Measures the handler, Coffer, and Coffer with stricter settings.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let body_bytes = bench.seeded()?.body_bytes;
    let ceiling = Ceiling::start(bench, body_bytes)?;
    let authority = bench.scratch().join("authority");
    let written = Server::start(bench, &bench.copy("reads-written")?, PLAIN)?;
    let durable = ["--insecure-http", "--audit-durability", "durable"];
    let durable = Server::start(bench, &bench.copy("reads-durable")?, &durable)?;
    let tls = ["--tls-dir", &authority.to_string_lossy()];
    let tls = Server::start(bench, &bench.copy("reads-tls")?, &tls)?;
    let server = |name, server: &Server| Subject::new(name, &server.url, server.program.pid());
    let mut subjects = [
        Subject::new("bare axum handler", &ceiling.url, ceiling.program.pid()),
        server("Coffer", &written),
        server("Coffer, audit record on disk before the answer", &durable),
        server("Coffer, over TLS", &tls),
    ];
    take_turns(bench, &mut subjects)?;
    let note = format!("; body of {body_bytes} bytes, {} secrets", bench.settings.secrets);
    Ok(rows(&subjects, &note))
}

fn take_turns(bench: &Bench, subjects: &mut [Subject]) -> Result<()> {
    let (reader, count) = (&bench.seeded()?.reader, bench.settings.secrets.to_string());
    let load = |subject: &Subject| bench.load(&subject.url, "read", reader, CONNECTIONS, &count);
    for subject in &*subjects {
        load(subject).run(WARM)?;
    }
    for n in 1..=bench.settings.rounds {
        for subject in &mut *subjects {
            let round = subject.round(&load(subject), bench.settings.seconds)?;
            let (rate, p99) = (rate(&round), round.outcome.p99_ms);
            eprintln!("   round {n}: {}: {rate:.0}/s, p99 {p99:.2} ms", subject.name);
            subject.rounds.push(round);
        }
    }
    Ok(())
}

fn rows(subjects: &[Subject; 4], note: &str) -> Vec<Row> {
    let [ceiling, coffer, others @ ..] = subjects;
    let share = coffer.against(ceiling, rate);
    let slower = coffer.against(ceiling, |round| round.outcome.p99_ms);
    let mut rows = vec![
        ceiling.rate(note),
        coffer.rate(""),
        Row::new("share of the bare handler's rate", share, Unit::Share).goal(Goal::AtLeast(0.5)),
        Row::new("p99, times the bare handler's", slower, Unit::Times)
            .goal(Goal::AtMost(5.0))
            .note(format!("{:.2} ms and {:.2} ms", coffer.p99(), ceiling.p99())),
    ];
    rows.extend(others.iter().map(|other| {
        let share = other.against(coffer, rate);
        other.rate(&format!("; {:.0}% of plain Coffer's rate", share * 100.0))
    }));
    rows
}
