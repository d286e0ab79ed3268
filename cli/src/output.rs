//! Tables for people.

use std::io::{self, Write};

use coffer_crds::yaml;
use serde_json::Value;

use crate::args::Output;

/// Prints rows under a header, columns aligned, as `kubectl` does.
pub fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells.chain([header[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    print(line(header.to_vec()).as_bytes());
    for row in rows {
        print(line(row.iter().map(String::as_str).collect()).as_bytes());
    }
}

/// Prints a value for programs: as YAML, or as indented JSON.
pub fn data(value: &Value, output: Output) {
    if output == Output::Yaml {
        return raw(yaml::document(value).as_bytes());
    }
    print(format!("{value:#}").as_bytes());
}

/// Prints a line; a closed pipe (`| head`) is nobody's fault.
pub fn print(line: &[u8]) {
    raw(line);
    raw(b"\n");
}

/// Prints bytes as they are.
pub fn raw(bytes: &[u8]) {
    let _ = io::stdout().write_all(bytes);
}

/// A field as a cell: nothing as `-`.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
