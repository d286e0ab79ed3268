//! A sealed value put into a `VaultSecret` in a file: the lines around it, comments too, stay as they are. What was
//! written is read again before it replaces the file: it must say the same as before and the new entry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::Said;
use crate::{
    command::documents::{Document, documents},
    failure::Failure,
};

/// A file with a `VaultSecret` in it.
pub(super) struct Manifest {
    /// The file.
    pub path: PathBuf,
    documents: Vec<Document>,
    /// Which document it is, and what that says.
    at: usize,
    object: Value,
}

impl Manifest {
    /// Finds the one `VaultSecret` of a file, or the one of this name.
    pub fn read(path: &Path, name: Option<&str>) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|source| Failure::File {
            path: path.to_owned(),
            source,
        })?;
        let documents = documents(&text);
        let mut found = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            let value = document
                .value()
                .map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))?;
            let meant = |object: &Value| {
                object["kind"] == "VaultSecret" && name.is_none_or(|name| object["metadata"]["name"] == name)
            };
            found.extend(value.filter(meant).map(|object| (at, object)));
        }
        if found.len() != 1 {
            let many = found.len();
            return Err(Failure::Usage(format!(
                "{} has {many} such VaultSecrets, and one is needed: name it with --object",
                path.display()
            )));
        }
        let (at, object) = found.remove(0);
        Ok(Self {
            path: path.to_owned(),
            documents,
            at,
            object,
        })
    }

    /// What the object says of the place, which the command line must not contradict.
    pub fn complete(&self, said: Said) -> Result<Said, Failure> {
        let spec = &self.object["spec"];
        let agreed = |what: &str, said: Option<String>, told: Option<&str>| match (said, told) {
            (Some(said), Some(told)) if said != told => Err(Failure::Usage(format!(
                "the manifest is of {what} {told}, and the command line says {said}"
            ))),
            (said, told) => Ok(told.map(str::to_owned).or(said)),
        };
        let namespace = self.object["metadata"]["namespace"].as_str();
        let environment = spec["environment"].as_str().unwrap_or("default");
        Ok(Said {
            organization: agreed("namespace", said.organization, namespace)?,
            vault: agreed("vault", said.vault, spec["vaultRef"]["name"].as_str())?,
            environment: agreed("environment", said.environment, Some(environment))?,
            name: said.name,
        })
    }

    /// The file's text with `sealed` as the entry `key`.
    pub fn with(&self, key: &str, sealed: &str) -> Result<String, Failure> {
        let mut wanted = self.object.clone();
        let present = &self.object["spec"]["data"][key];
        if let Some(other) = present.as_object().and_then(|entry| {
            let mut sources = entry.keys();
            sources.find(|source| *source != "sealed")
        }) {
            return Err(Failure::Usage(format!(
                "data.{key} has the source {other}: remove it first if the value is to be sealed"
            )));
        }
        wanted["spec"]["data"][key] = json!({ "sealed": sealed });
        let written = edit(&self.documents[self.at].text, key, sealed);
        let written = written.filter(|text| {
            let document = Document {
                line: 1,
                text: text.clone(),
            };
            document.value() == Ok(Some(wanted))
        });
        let written = written.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: spec.data is not written in a way that can be edited line by line; leave out -f, and put the \
                 text at spec.data.{key}.sealed",
                self.path.display()
            ))
        })?;
        let texts = self.documents.iter().enumerate();
        let texts = texts.map(|(at, document)| if at == self.at { &written } else { &document.text });
        Ok(texts.cloned().collect())
    }
}

/// How far a line is indented; `None` if there is nothing on it, or a comment.
fn indent(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(' ');
    let said = !rest.trim().is_empty() && !rest.starts_with('#');
    said.then(|| line.len() - rest.len())
}

/// What follows `name:` on a line, if it begins so.
fn after<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let line = line.trim_start();
    let plain = line.strip_prefix(name);
    let double = || line.strip_prefix(&format!("\"{name}\""));
    let single = || line.strip_prefix(&format!("'{name}'"));
    let rest = plain.or_else(double).or_else(single)?.strip_prefix(':')?;
    let rest = rest.split(" #").next().unwrap_or_default().trim();
    Some(rest)
}

/// Past the last line of what stands under line `at`.
fn end_of(lines: &[String], at: usize) -> usize {
    let depth = lines.get(at).and_then(|line| indent(line)).unwrap_or(0);
    let deeper = |(i, line): (usize, &String)| indent(line).filter(|own| *own > depth).map(|_| i + 1);
    let within = lines.iter().enumerate().skip(at + 1);
    within
        .take_while(|(_, line)| indent(line).is_none_or(|own| own > depth))
        .filter_map(deeper)
        .last()
        .unwrap_or(at + 1)
}

/// The line of `name:` directly under line `at`.
fn child(lines: &[String], at: usize, name: &str) -> Option<usize> {
    let end = end_of(lines, at);
    let depth = lines[at + 1..end].iter().find_map(|line| indent(line))?;
    (at + 1..end).find(|&i| indent(&lines[i]) == Some(depth) && after(&lines[i], name).is_some())
}

/// The document with the entry, as far as it is in block style.
fn edit(document: &str, key: &str, sealed: &str) -> Option<String> {
    let mut lines: Vec<String> = document.split_inclusive('\n').map(str::to_owned).collect();
    if let Some(last) = lines.last_mut().filter(|line| !line.ends_with('\n')) {
        last.push('\n');
    }
    let spec =
        (0..lines.len()).find(|&i| indent(&lines[i]) == Some(0) && after(&lines[i], "spec") == Some(""))?;
    let data = child(&lines, spec, "data")?;
    let depth = indent(&lines[data])?;
    let empty = after(&lines[data], "data") == Some("{}");
    if empty {
        lines[data] = format!("{:depth$}data:\n", "");
    }
    let inner = lines[data + 1..end_of(&lines, data)]
        .iter()
        .find_map(|line| indent(line))
        .unwrap_or(depth + 2);
    let entry = format!("{:inner$}{key}:\n{:inner$}  sealed: {sealed}\n", "", "");
    let (from, to) = match child(&lines, data, key) {
        Some(at) => (at, end_of(&lines, at)),
        None => (end_of(&lines, data), end_of(&lines, data)),
    };
    lines.splice(from..to, [entry]);
    Some(lines.concat())
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
