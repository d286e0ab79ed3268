//! The template language of files and synced Secrets: text with values in it. `docs/TEMPLATES.md` is its
//! reference; its syntax is a small part of Jinja's.
//!
//! Pure and closed: no I/O, no clock, no loops but over the members of one value, no definitions, so a template
//! ends, and its output is bounded. The names of the secrets it uses are known before it is rendered. What it writes is wiped when
//! dropped, and an error says where and what, never a value.

mod buffer;
mod filter;
mod parser;
mod render;
mod scanner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::secret_value::SecretValue;

/// The longest template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 64 * 1024;
/// The most a template, or one filter in it, may write, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    nodes: Vec<parser::Node>,
    names: BTreeSet<String>,
}

/// Where and why a template does not parse or render.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct TemplateError {
    /// The line in the template, from 1.
    pub line: usize,
    /// What is wrong, in words of the template and of secret names.
    pub message: String,
}

impl TemplateError {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

/// The text of one member of a JSON object.
///
/// # Errors
/// What the value is not, in words that say nothing of it but its form.
pub fn field(value: &SecretValue, key: &str) -> Result<SecretValue, String> {
    let found = filter::Filter::Field(key.to_owned()).apply(&buffer::Buffer::of(value.reveal()));
    found.map(buffer::Buffer::into_value)
}

/// `text` as a string of a template, quotes included.
pub fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', c]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

impl Template {
    /// Parses a template.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_TEMPLATE_BYTES {
            return Err(TemplateError::new(1, "the template is over 64 KiB"));
        }
        let nodes = parser::parse(scanner::scan(source)?)?;
        let mut names = BTreeSet::new();
        parser::collect_names(&nodes, &mut names);
        Ok(Self { nodes, names })
    }

    /// The names of all secrets that rendering may ask for, on whichever branch.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Renders it over `secrets`, by secret name.
    pub fn render(&self, secrets: &BTreeMap<String, SecretValue>) -> Result<SecretValue, TemplateError> {
        render::render(&self.nodes, secrets)
    }
}
