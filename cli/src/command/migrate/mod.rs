//! `coffer migrate`: manifests written for other programs, in our words. What the injector would make of a reference or
//! an annotation is decided by the injector's own functions; here it is only written down. No cluster is asked.

mod annotations;
mod external;
mod stores;
mod variables;
mod workload;

use coffer_crds::yaml;
use coffer_injector::known::Index;
use serde_json::{Value, json};

use super::{
    check::{
        finding::{Finding, Level, Report},
        objects::Objects,
        pods,
    },
    documents::{documents, read},
};
use crate::{
    args::{MigrateArgs, Output},
    failure::Failure,
    output,
};

/// A document as it was read.
struct Document {
    file: String,
    line: usize,
    text: String,
    /// What it says; `None` if that cannot be read, or is nothing.
    value: Option<Value>,
}

/// What every part needs to know.
struct Context<'c> {
    /// All objects, as they were read.
    objects: &'c Objects,
    /// The names and tables of the vaults among them.
    known: &'c Index,
    /// Where what came from elsewhere is declared.
    args: &'c MigrateArgs,
}

/// What is said of an object.
struct Notes<'n> {
    file: &'n str,
    line: usize,
    object: String,
    report: &'n mut Report,
}

impl Notes<'_> {
    /// Something that differs, or was left out and is not missed.
    fn note(&mut self, message: impl Into<String>) {
        self.push(Level::Warning, message.into());
    }

    /// Something that was left as it is: somebody has to do it.
    fn left(&mut self, message: impl Into<String>) {
        self.push(Level::Error, message.into());
    }

    fn push(&mut self, level: Level, message: String) {
        self.report.push(Finding {
            file: self.file.to_owned(),
            line: self.line,
            level,
            object: self.object.clone(),
            message,
        });
    }
}

pub fn run(args: &MigrateArgs, print: Output) -> Result<(), Failure> {
    let mut report = Report::default();
    let mut all = Vec::new();
    for path in &args.paths {
        for (file, text) in read(path)? {
            take(&file, &text, &mut all, &mut report);
        }
    }
    let migrated = migrate(&all, args, &mut report);
    let notes = report.sorted();
    if print.is_data() {
        let objects: Vec<&Value> = migrated.iter().map(Migrated::value).collect();
        let said: Vec<Value> = notes.iter().map(Finding::json).collect();
        output::data(&json!({ "objects": objects, "notes": said }), print);
    } else {
        for document in &migrated {
            output::raw(document.text().as_bytes());
        }
        for note in &notes {
            eprintln!("{}", line(note));
        }
    }
    let left = notes.iter().filter(|note| note.level == Level::Error).count();
    if left == 0 {
        return Ok(());
    }
    Err(Failure::Unsound(format!("left to do by hand: {left}")))
}

fn line(note: &Finding) -> String {
    let word = if note.level == Level::Error {
        "left"
    } else {
        "note"
    };
    let object = if note.object.is_empty() {
        String::new()
    } else {
        format!("{}: ", note.object)
    };
    format!("{}:{}: {word}: {object}{}", note.file, note.line, note.message)
}

fn take(file: &str, text: &str, all: &mut Vec<Document>, report: &mut Report) {
    for document in documents(text) {
        let value = document.value().unwrap_or_else(|why| {
            report.push(Finding {
                file: file.to_owned(),
                line: document.line,
                level: Level::Error,
                object: String::new(),
                message: format!("it cannot be read: {why}"),
            });
            None
        });
        all.push(Document {
            file: file.to_owned(),
            line: document.line,
            text: document.text,
            value,
        });
    }
}

/// What is printed of a document.
enum Migrated<'d> {
    /// As it was, comments and all.
    Same(&'d Document),
    /// Written anew.
    Changed(Value),
}

impl Migrated<'_> {
    fn value(&self) -> &Value {
        match self {
            Self::Same(document) => document.value.as_ref().unwrap_or(&Value::Null),
            Self::Changed(value) => value,
        }
    }

    fn text(&self) -> String {
        let body = match self {
            Self::Same(document) => {
                let text = document.text.as_str();
                let divider = text.lines().next().filter(|line| line.starts_with("---"));
                let text = text[divider.map_or(0, str::len)..].trim_start_matches(['\r', '\n']);
                format!("{}\n", text.trim_end())
            }
            Self::Changed(value) => yaml::document(value),
        };
        format!("---\n{body}")
    }
}

/// All documents, in their order; those that say nothing are gone.
fn migrate<'d>(all: &'d [Document], args: &MigrateArgs, report: &mut Report) -> Vec<Migrated<'d>> {
    let mut objects = Objects::new(&args.organization);
    for document in all {
        if let Some(value) = &document.value {
            objects.take(&document.file, document.line, value.clone());
        }
    }
    let context = Context {
        known: &pods::index(&objects),
        objects: &objects,
        args,
    };
    let mut migrated = Vec::new();
    for document in all
        .iter()
        .filter(|document| !document.text.trim_matches(['-', '\n', '\r', ' ']).is_empty())
    {
        let mut value = document.value.clone().unwrap_or_default();
        each(&mut value, &context, document, report);
        let same = document.value.as_ref().is_none_or(|before| *before == value);
        migrated.push(if same {
            Migrated::Same(document)
        } else {
            Migrated::Changed(value)
        });
    }
    migrated
}

/// An object, or each of a list.
fn each(value: &mut Value, context: &Context<'_>, document: &Document, report: &mut Report) {
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    if kind.ends_with("List")
        && let Some(items) = value.get_mut("items").and_then(Value::as_array_mut)
    {
        return items
            .iter_mut()
            .for_each(|item| each(item, context, document, report));
    }
    if kind.is_empty() || !value["apiVersion"].is_string() {
        return;
    }
    let text = |field: &str| value["metadata"][field].as_str().map(str::to_owned);
    let namespace = text("namespace").unwrap_or_else(|| context.args.organization.clone());
    let name = text("name").or_else(|| text("generateName")).unwrap_or_default();
    let mut notes = Notes {
        file: &document.file,
        line: document.line,
        object: format!("{kind} {namespace}/{name}"),
        report,
    };
    match kind.as_str() {
        "ExternalSecret" => external::secret(value, &namespace, context, &mut notes),
        "ConfigMap" => variables::config_map(value, &namespace, context, &mut notes),
        _ if stores::look(&kind, value, &mut notes) => {}
        _ => workload::migrate(value, &namespace, context, &mut notes),
    }
}

#[cfg(test)]
mod tests;
