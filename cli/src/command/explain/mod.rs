//! `coffer explain`: why each variable and file of a pod is there, or is not. What the injector decides is decided again
//! by its own function, on what is in the cluster; what pods hold is read from status, and from the server's ledger if
//! there is a key for it. Never a value.

mod around;
mod decide;
mod facts;
mod gather;
mod item;
mod report;
mod show;
mod source;
mod stage;
mod versions;
mod wanted;
mod workload;

use std::path::Path;

use serde_json::{Value, json};

use super::documents::{documents, read};
use crate::{
    args::{Connection, ExplainArgs, Output},
    client::Client,
    failure::Failure,
    kubectl::Kubectl,
    output,
};
use facts::Subject;
use gather::Gatherer;
use report::{Report, State};

pub async fn run(args: &ExplainArgs, connection: &Connection, print: Output) -> Result<(), Failure> {
    let kubectl = Kubectl::new(args.context.as_deref(), args.kubeconfig.as_deref());
    let subjects = subjects(args, &kubectl)?;
    let mut gatherer = Gatherer::new(&kubectl, client(connection)?);
    let mut reports = Vec::new();
    for subject in &subjects {
        reports.push(explain(subject, &mut gatherer).await);
    }
    show(&reports, print)?;
    verdict(&reports)
}

/// Only for who has a key: without, the cluster alone is asked.
fn client(connection: &Connection) -> Result<Option<Client>, Failure> {
    let has_key = connection.token.is_some() || connection.token_file.is_some();
    has_key.then(|| Client::new(connection)).transpose()
}

fn subjects(args: &ExplainArgs, kubectl: &Kubectl) -> Result<Vec<Subject>, Failure> {
    let named = args.namespace.as_deref();
    if args.paths.is_empty() {
        return Ok(vec![gather::object(kubectl, &args.object, named)?]);
    }
    let namespace = gather::namespace(kubectl, named)?;
    let mut found = Vec::new();
    for path in &args.paths {
        for (file, text) in read(path)? {
            for document in documents(&text) {
                let value = document.value();
                let value = value.map_err(|why| {
                    Failure::Usage(format!("{file}:{}: it cannot be read: {why}", document.line))
                })?;
                take(value.unwrap_or(Value::Null), &namespace, &mut found);
            }
        }
    }
    if found.is_empty() {
        let first = args.paths.first().map(|path| Path::display(path).to_string());
        let message = format!("{}: nothing there makes pods", first.unwrap_or_default());
        return Err(Failure::Usage(message));
    }
    Ok(found)
}

/// An object, or a list of some; those that make no pods are passed over.
fn take(mut value: Value, namespace: &str, found: &mut Vec<Subject>) {
    if let Value::Array(items) = value["items"].take() {
        for item in items {
            take(item, namespace, found);
        }
        return;
    }
    found.extend(gather::subject(value, namespace, false));
}

async fn explain(subject: &Subject, gatherer: &mut Gatherer<'_>) -> Report {
    let mut report = decide::explain(subject, &gatherer.facts(subject).await);
    match gatherer.pods_of(subject) {
        Ok(pods) => {
            for pod in &pods {
                let of_pod = decide::explain(pod, &gatherer.facts(pod).await);
                report.pods.push(workload::line(subject, pod, of_pod));
            }
        }
        Err(why) => report.not_read.push(format!("pods: {why}")),
    }
    report.state = decide::overall(&report);
    report
}

fn show(reports: &[Report], print: Output) -> Result<(), Failure> {
    if print.is_data() {
        let whole = |report: &Report| serde_json::to_value(report);
        let mut all: Vec<Value> = reports
            .iter()
            .map(whole)
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::Usage(format!("it cannot be printed: {error}")))?;
        let one = if all.len() == 1 { all.pop() } else { None };
        output::data(&one.unwrap_or_else(|| json!({ "items": all })), print);
        return Ok(());
    }
    for (number, report) in reports.iter().enumerate() {
        if number > 0 {
            output::print(b"");
        }
        show::show(report);
    }
    Ok(())
}

fn verdict(reports: &[Report]) -> Result<(), Failure> {
    let wrong = reports.iter().find(|report| report.state != State::Present);
    wrong.map_or(Ok(()), |report| {
        let object = &report.object;
        let name = format!("{} {}/{}", object.kind, object.namespace, object.name);
        Err(Failure::Missing(format!("{name}: {}", show::summary(report))))
    })
}

#[cfg(test)]
mod tests;
