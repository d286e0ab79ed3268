//! One server under the same load as others, and its rounds.

use anyhow::Result;

use crate::{
    cost,
    report::{Row, Unit},
    stats::{median, number},
    wrk::{Load, Outcome},
};

/// What is measured.
pub struct Subject {
    /// What it is called in the table.
    pub name: &'static str,
    /// `http(s)://HOST:PORT`
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// What came of each round.
    pub rounds: Vec<Round>,
}

/// A round of load.
pub struct Round {
    /// What the generator saw.
    pub outcome: Outcome,
    /// Microseconds of processor time that a request cost the server: unlike the rate, not less when others
    /// are busy too.
    pub micros: f64,
}

impl Subject {
    /// One that was not measured yet.
    pub fn new(name: &'static str, url: &str, pid: u32) -> Self {
        Self {
            name,
            url: url.to_owned(),
            pid,
            rounds: Vec::new(),
        }
    }

    /// Puts a load on it for so many seconds.
    pub fn round(&self, load: &Load<'_>, seconds: u64) -> Result<Round> {
        let before = cost::processor_micros(self.pid)?;
        let outcome = load.run(seconds)?;
        let spent = cost::processor_micros(self.pid)? - before;
        let micros = number(spent) / number(outcome.requests);
        Ok(Round { outcome, micros })
    }

    /// The median of a figure over its rounds.
    pub fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    /// The median over rounds of a figure of this one by the same of the other in the same round.
    pub fn against(&self, other: &Self, figure: impl Fn(&Round) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        median(&pairs.map(|(a, b)| figure(a) / figure(b)).collect::<Vec<_>>())
    }

    /// Median milliseconds that 99% of the answers took at most.
    pub fn p99(&self) -> f64 {
        self.median(|round| round.outcome.p99_ms)
    }

    /// Median milliseconds that 99.9% of the answers took at most.
    pub fn p999(&self) -> f64 {
        self.median(|round| round.outcome.p999_ms)
    }

    /// Its rate, and what goes with it.
    pub fn rate(&self, more: &str) -> Row {
        let note = format!(
            "p50 {:.2} ms, p99 {:.2} ms, {:.0} µs of processor time each{more}",
            self.median(|round| round.outcome.p50_ms),
            self.p99(),
            self.median(|round| round.micros)
        );
        Row::new(self.name, self.median(rate), Unit::PerSecond).note(note)
    }
}

/// Answers per second.
pub fn rate(round: &Round) -> f64 {
    round.outcome.rate()
}
