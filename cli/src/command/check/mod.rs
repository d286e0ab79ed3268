//! `coffer check`: what an API server, the operator and the injector would say of manifests, without any of them.
//! The schemas and rules are those of the definitions, the seals' form is the domain's, and what is said of pods is
//! what the injector decides.

mod finding;
mod objects;
mod ours;
mod pods;
mod references;
mod seals;

use serde_json::json;

use super::{
    documents::{documents, read},
    seal::public_key,
};
use crate::{
    args::{CheckArgs, Output},
    failure::Failure,
    output,
};
use finding::{Finding, Level, Report};
use objects::Objects;
use seals::Keys;

pub(super) use ours::hint;

pub fn run(args: &CheckArgs, print: Output) -> Result<(), Failure> {
    let keys = args.public_key.iter().map(|given| public_key(given));
    let keys = Keys::new(keys.collect::<Result<_, _>>()?);
    let mut report = Report::default();
    let mut objects = Objects::new(&args.organization);
    for path in &args.paths {
        for (file, text) in read(path)? {
            take(&file, &text, &mut objects, &mut report);
        }
    }
    ours::check(&objects, &mut report);
    references::check(&objects, &mut report);
    seals::check(&objects, &keys, &mut report);
    pods::check(&objects, &mut report);
    let report = report.sorted();
    show(&report, objects.count(), print);
    verdict(&report, args.strict)
}

fn take(file: &str, text: &str, objects: &mut Objects, report: &mut Report) {
    for document in documents(text) {
        match document.value() {
            Ok(Some(value)) => objects.take(file, document.line, value),
            Ok(None) => {}
            Err(why) => report.push(Finding {
                level: Level::Error,
                file: file.to_owned(),
                line: document.line,
                object: String::new(),
                message: format!("it cannot be read: {why}"),
            }),
        }
    }
}

fn show(report: &[Finding], objects: usize, print: Output) {
    if print.is_data() {
        let findings: Vec<_> = report.iter().map(Finding::json).collect();
        let whole = json!({
            "objects": objects,
            "errors": count(report, Level::Error),
            "warnings": count(report, Level::Warning),
            "findings": findings,
        });
        return output::data(&whole, print);
    }
    if report.is_empty() {
        return output::print(format!("{objects} objects, nothing wrong").as_bytes());
    }
    let rows: Vec<_> = report.iter().map(Finding::row).collect();
    output::table(&["LEVEL", "FILE", "OBJECT", "WHAT"], &rows);
}

fn count(report: &[Finding], level: Level) -> usize {
    report.iter().filter(|finding| finding.level == level).count()
}

fn verdict(report: &[Finding], strict: bool) -> Result<(), Failure> {
    let (errors, warnings) = (count(report, Level::Error), count(report, Level::Warning));
    if errors == 0 && (warnings == 0 || !strict) {
        return Ok(());
    }
    Err(Failure::Unsound(format!("{errors} errors, {warnings} warnings")))
}

#[cfg(test)]
mod tests;
