//! For people: who and what, a table of all items, and below it why and what to know.

use super::report::{Item, Kind, Reason, Report, Source, State};
use crate::output;

/// Prints a report.
pub fn show(report: &Report) {
    head(report);
    if !report.items.is_empty() {
        output::print(b"");
        let rows: Vec<_> = report.items.iter().flat_map(rows).collect();
        let header = [
            "NAME", "KIND", "FROM", "STATE", "HELD", "CURRENT", "CHANGED", "GRANT",
        ];
        output::table(&header, &rows);
    }
    let reasons = |item: &Item| (item.name.clone(), item.reasons.clone());
    below("Why not:", &report.reasons, report.items.iter().map(reasons));
    let remarks = |item: &Item| (item.name.clone(), item.remarks.clone());
    below("To know:", &report.remarks, report.items.iter().map(remarks));
    pods(report);
    if !report.not_read.is_empty() {
        output::print(b"\nNot read:");
        for line in &report.not_read {
            output::print(format!("  {line}").as_bytes());
        }
    }
}

fn head(report: &Report) {
    let line = |name: &str, value: &str| output::print(format!("{name:<17} {value}").as_bytes());
    let object = &report.object;
    line(
        &format!("{}:", object.kind),
        &format!("{}/{}", object.namespace, object.name),
    );
    if !report.service_account.is_empty() {
        line("Service account:", &report.service_account);
    }
    if let (Some(vault), Some(environment)) = (&report.vault, &report.environment) {
        line("Vault:", &format!("{vault}, environment {environment}"));
    }
    if !report.containers.is_empty() {
        line("Containers:", &report.containers.join(", "));
    }
    line("State:", &summary(report));
}

/// The state, and how many of the items are there.
pub fn summary(report: &Report) -> String {
    let all = report.items.len();
    let there = report
        .items
        .iter()
        .filter(|item| item.state == State::Present)
        .count();
    let would = if report.exists { "are" } else { "would be" };
    format!("{:?}, {there} of {all} {would} there", report.state)
}

/// One row for each source; those after the first do not repeat the name.
fn rows(item: &Item) -> Vec<Vec<String>> {
    let kind = match item.kind {
        Kind::Variable => "variable",
        Kind::File => "file",
    };
    let first = [item.name.clone(), kind.to_owned()];
    let state = format!("{:?}", item.state);
    if item.sources.is_empty() {
        let nothing = ["-", &state, "-", "-", "-", "-"].map(str::to_owned);
        return vec![first.into_iter().chain(nothing).collect()];
    }
    let row = |(number, source): (usize, &Source)| {
        let [name, kind] = if number == 0 {
            first.clone()
        } else {
            Default::default()
        };
        let state = if number == 0 { state.clone() } else { String::new() };
        let vault = source.vault.rsplit('/').next().unwrap_or_default();
        let grant = source.grant.as_ref();
        let grant = grant.map(|it| format!("access[{}] {}", it.access, it.service_account));
        let number = |version: Option<u64>| version.map(|it| it.to_string());
        let cell = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        vec![
            name,
            kind,
            format!("{vault}/{}/{}", source.environment, source.key),
            state,
            cell(number(source.held)),
            cell(number(source.current)),
            cell(source.changed.clone()),
            cell(grant),
        ]
    };
    item.sources.iter().enumerate().map(row).collect()
}

/// Reasons of the whole and of each item, under a title.
fn below(title: &str, whole: &[Reason], items: impl Iterator<Item = (String, Vec<Reason>)>) {
    let whole = whole.iter().map(|reason| (String::new(), reason.clone()));
    let items =
        items.flat_map(|(name, reasons)| reasons.into_iter().map(move |reason| (name.clone(), reason)));
    let all: Vec<(String, Reason)> = whole.chain(items).collect();
    if all.is_empty() {
        return;
    }
    output::print(format!("\n{title}").as_bytes());
    for (name, Reason { code, message }) in all {
        let about = if name.is_empty() {
            name
        } else {
            format!("{name}: ")
        };
        output::print(format!("  {about}{message} ({code:?})").as_bytes());
    }
}

fn pods(report: &Report) {
    if report.pods.is_empty() {
        return;
    }
    output::print(b"\nPods:");
    for pod in &report.pods {
        let codes: Vec<String> = pod.reasons.iter().map(|it| format!("{:?}", it.code)).collect();
        let mut codes = codes;
        codes.sort();
        codes.dedup();
        let line = format!("  {}   {:?}   {}", pod.name, pod.state, codes.join(", "));
        output::print(line.trim_end().as_bytes());
    }
}
