//! The benchmark: measures the programs that ship, as they ship, and prints one table. It decides nothing and
//! asserts nothing; a goal that is missed is a row that says so. docs/BENCHMARKS.md says how to read it.

mod cli;
mod cost;
mod disk;
mod local;
mod machine;
mod node;
mod program;
mod report;
mod stats;
mod trace;
mod webhook;
mod wrk;

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use cli::{Scope, Settings};
use machine::Machine;
use report::{Report, Row, Section};

fn main() -> ExitCode {
    match run(&Settings::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            eprintln!("coffer-bench: {failures} topics could not be measured");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("coffer-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> Result<usize> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow!("another TLS provider is installed"))?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let mut machine = Machine::look(settings.commit.clone());
    let mut sections = Vec::new();
    if let Some(path) = &settings.after {
        let earlier = Report::read(path)?;
        machine.began_with(&earlier.machine);
        sections = earlier.sections;
    }
    sections.extend(measure(settings, &runtime)?);
    machine.end();
    let report = Report { machine, sections };
    report.write(&settings.out)?;
    println!("\n{}", report.markdown());
    Ok(report.failures())
}

/// A topic's name for `--only`, its heading, and how it is measured.
type Topic<C> = (&'static str, &'static str, fn(&C) -> Result<Vec<Row>>);

fn measure(settings: &Settings, runtime: &Runtime) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    let local = wanted(settings, Scope::Local, local::TOPICS);
    if !local.is_empty() {
        let bench = local::Bench::prepare(settings, runtime)?;
        sections.extend(local.into_iter().map(|topic| section(topic, &bench)));
    }
    let node = wanted(settings, Scope::Node, node::TOPICS);
    if !node.is_empty() {
        let bench = node::Bench::prepare(settings, runtime);
        sections.extend(node.into_iter().map(|topic| section(topic, &bench)));
    }
    Ok(sections)
}

fn wanted<C>(settings: &Settings, scope: Scope, topics: &[Topic<C>]) -> Vec<Topic<C>> {
    let wanted = topics.iter().filter(|(name, ..)| settings.wants(scope, name));
    wanted.copied().collect()
}

fn section<C>((name, topic, measure): Topic<C>, context: &C) -> Section {
    eprintln!("== {name}: {topic}");
    let (rows, failure) = match measure(context) {
        Ok(rows) => (rows, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    for row in &rows {
        eprintln!("   {}", row.summary());
    }
    if let Some(failure) = &failure {
        eprintln!("   failed: {failure}");
    }
    Section {
        topic: topic.to_owned(),
        rows,
        failure,
    }
}
