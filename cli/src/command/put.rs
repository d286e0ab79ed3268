//! `coffer put`

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Context, place::Named};
use crate::{args::PlaceArgs, failure::Failure, output};

/// Where the value comes from.
pub struct Input {
    /// A file; standard input without.
    pub from_file: Option<PathBuf>,
    /// Whether to leave out one line end.
    pub trim: bool,
}

pub async fn run(context: &Context, name: &str, input: Input, place: &PlaceArgs) -> Result<(), Failure> {
    let named = Named::new(name, place)?;
    let value = read(&input)?;
    let body = match std::str::from_utf8(&value) {
        Ok(text) => json!({"value": text}),
        Err(_) => json!({"valueBase64": BASE64_STANDARD.encode(&*value)}),
    };
    let answer = context
        .client
        .send(Method::PUT, &named.path(&named.name), &[], Some(&body))
        .await?;
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        eprintln!("coffer: warning: {}", output::cell(warning));
    }
    if context.output.is_data() {
        output::data(&answer, context.output);
    } else {
        output::print(format!("{} is now at version {}", named.name, answer["version"]).as_bytes());
    }
    Ok(())
}

/// Reads a value from where it comes from.
pub fn read(input: &Input) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut value = if let Some(path) = &input.from_file {
        drain(path, File::open(path))?
    } else {
        if io::stdin().is_terminal() {
            eprintln!("coffer: type the value, then Ctrl-D on a line of its own");
        }
        drain(Path::new("standard input"), Ok(io::stdin()))?
    };
    if input.trim {
        let line = value.strip_suffix(b"\n").unwrap_or(&value);
        let kept = line.strip_suffix(b"\r").unwrap_or(line).len();
        value.truncate(kept);
    } else if value.ends_with(b"\n") {
        eprintln!("coffer: note: the value ends with a line end, which is kept; --trim leaves it out");
    }
    Ok(value)
}

fn drain(path: &Path, source: io::Result<impl Read>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut value = Zeroizing::new(Vec::new());
    let read = source.and_then(|mut source| source.read_to_end(&mut value));
    read.map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(value)
}
