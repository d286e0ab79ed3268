//! The same secrets read through each dialect, in turns with the native API, on one server and with one
//! administrator's key. What a dialect's grammar costs is what its reads take more than the native ones.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::Value;

use super::{
    Bench,
    seed::{Door, PREFIX},
    server::Server,
    subject::{Subject, rate},
};
use crate::{
    report::{Goal, Row, Unit},
    wrk::Load,
};

const CONNECTIONS: u32 = 32;
/// Seconds of load before anything counts.
const WARM: u64 = 2;
/// How many secrets are read: all of them stay in memory.
const SECRETS: u32 = 1000;
/// What their names begin with: a form that every dialect has.
const STEM: &str = "SECRET_";

/// How a door says one secret.
enum By {
    /// As the native API does.
    Address,
    /// Before and after its name.
    Name(&'static str, &'static str),
    /// Before and after its id, as a list of pages tells it.
    Id(&'static str, &'static str, List),
}

/// A list that tells ids.
struct List {
    /// The page after so many items. A page has [`PAGE`].
    page: fn(usize) -> String,
    /// The field of a page that holds the items.
    items: &'static str,
}

/// How many items a page of a list has.
const PAGE: usize = 100;

/// A dialect whose reads are measured.
struct Dialect {
    name: &'static str,
    /// The buckets that would refuse such a load.
    buckets: &'static [&'static str],
    secret: By,
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "Secryn",
        buckets: &["secryn.default"],
        secret: By::Name("/secryn/v1/vaults/default/secrets/", ""),
    },
    Dialect {
        name: "Keyway",
        buckets: &["keyway.default", "keyway.value"],
        secret: By::Id(
            "/keyway/v1/vaults/bench/default/secrets/",
            "/value",
            List {
                page: |after| {
                    let list = "/keyway/v1/vaults/bench/default/secrets?environment=default";
                    format!("{list}&limit={PAGE}&offset={after}")
                },
                items: "data",
            },
        ),
    },
    Dialect {
        name: "KeyNest",
        buckets: &["keynest.user", "keynest.burst"],
        secret: By::Id(
            "/keynest/api/variables/",
            "/",
            List {
                page: |after| {
                    format!(
                        "/keynest/api/variables/?page_size={PAGE}&page={}",
                        after / PAGE + 1
                    )
                },
                items: "results",
            },
        ),
    },
    Dialect {
        name: "v-secure",
        buckets: &["v-secure.default"],
        secret: By::Name("/v-secure/v1/security/secrets/", ""),
    },
    Dialect {
        name: "Canonical",
        buckets: &[],
        secret: By::Name(
            "/canonical/api/secrets/value?uri=openbao%2Bkv2://default/",
            "%23value",
        ),
    },
    Dialect {
        name: "KV v2",
        buckets: &[],
        secret: By::Name("/kv2/v1/default/data/", ""),
    },
];

/// Measures the native API and every dialect.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let buckets = DIALECTS.iter().flat_map(|dialect| dialect.buckets);
    let limits: Vec<String> = buckets
        .map(|bucket| format!("--rate-limit={bucket}=off"))
        .collect();
    let arguments: Vec<&str> = ["--insecure-http"]
        .into_iter()
        .chain(limits.iter().map(String::as_str))
        .collect();
    let server = Server::start(bench, &bench.copy("dialects")?, &arguments)?;
    let mut subjects = prepare(bench, &server)?;
    take_turns(bench, &mut subjects)?;
    Ok(rows(&subjects))
}

/// Each with the file of its paths.
fn prepare(bench: &Bench, server: &Server) -> Result<Vec<(Subject, PathBuf)>> {
    let (admin, door) = (&bench.seeded()?.admin, Door::of(server));
    bench.runtime.block_on(door.fill(admin, STEM, SECRETS))?;
    let all = [("native", &By::Address)].into_iter();
    let all = all.chain(DIALECTS.iter().map(|dialect| (dialect.name, &dialect.secret)));
    all.map(|(name, secret)| {
        let paths = bench.runtime.block_on(paths(&door, admin, secret))?;
        let file = bench.scratch().join(format!("paths-{name}"));
        fs::write(&file, paths).with_context(|| format!("cannot write {}", file.display()))?;
        Ok((Subject::new(name, &server.url, server.program.pid()), file))
    })
    .collect()
}

/// A line for each secret.
async fn paths(door: &Door, admin: &str, secret: &By) -> Result<String> {
    let names = || (0..SECRETS).map(|n| format!("{STEM}{n:05}")).collect();
    let (before, secrets, after): (_, Vec<String>, _) = match secret {
        By::Address => (&*format!("{PREFIX}/"), names(), ""),
        By::Name(before, after) => (*before, names(), *after),
        By::Id(before, after, list) => (*before, ids(door, admin, list).await?, *after),
    };
    let lines = secrets.iter().map(|secret| format!("{before}{secret}{after}\n"));
    Ok(lines.collect())
}

/// The ids of the first so many secrets of a list. Which they are does not matter.
async fn ids(door: &Door, admin: &str, list: &List) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    while ids.len() < SECRETS as usize {
        let page = (list.page)(ids.len());
        let text = door.send(Method::GET, &page, admin, None).await?;
        let read: Value = serde_json::from_str(&text)?;
        let items = read[list.items].as_array().context("a page has no items")?;
        anyhow::ensure!(!items.is_empty(), "the list ends before {page}");
        ids.extend(items.iter().filter_map(|item| id(&item["id"])));
    }
    Ok(ids)
}

/// An id is a text or a number.
fn id(value: &Value) -> Option<String> {
    let number = || value.as_u64().map(|number| number.to_string());
    value.as_str().map(str::to_owned).or_else(number)
}

fn take_turns(bench: &Bench, subjects: &mut [(Subject, PathBuf)]) -> Result<()> {
    let admin = &bench.seeded()?.admin;
    let load = |subject: &Subject, file: &PathBuf, seconds| {
        let file = file.to_string_lossy().into_owned();
        let load = Load {
            scripts: bench.settings.bench().join("lua"),
            url: subject.url.clone(),
            connections: CONNECTIONS,
            arguments: vec!["paths", admin, &file],
        };
        subject.round(&load, seconds)
    };
    for (subject, file) in &*subjects {
        load(subject, file, WARM)?;
    }
    for n in 1..=bench.settings.rounds {
        for (subject, file) in &mut *subjects {
            let round = load(subject, file, bench.settings.seconds)?;
            let (name, rate) = (subject.name, rate(&round));
            eprintln!("   round {n}: {name}: {rate:.0}/s, {:.1} µs", round.micros);
            subject.rounds.push(round);
        }
    }
    Ok(())
}

fn rows(subjects: &[(Subject, PathBuf)]) -> Vec<Row> {
    let Some(((native, _), dialects)) = subjects.split_first() else {
        return Vec::new();
    };
    let mut rows = vec![native.rate("")];
    for (dialect, _) in dialects {
        let times = dialect.against(native, |round| round.micros);
        let name = format!("{}: processor time, of the native API's", dialect.name);
        rows.push(dialect.rate(""));
        rows.push(Row::new(name, times, Unit::Share).goal(Goal::AtMost(1.15)));
    }
    rows
}
