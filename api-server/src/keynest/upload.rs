//! What an import sends: a file, or a text with its format; and what is in it.

use std::collections::BTreeMap;

use bytes::Bytes;
use coffer_domain::{name::SecretName, secret_value::SecretValue};
use futures::stream;
use multer::{Constraints, Multipart, SizeLimit};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    dotenv,
    error::{Failure, SEVERAL},
    input::{Form, Input, Unread},
    rules::REQUIRED,
    structured::{self, Language},
};
use crate::http::body;

/// The largest file, in bytes.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// The largest request, in bytes: a file and what is around it.
pub const LARGEST_BODY: usize = 12 * 1024 * 1024;
/// The most names of one import.
const MOST: usize = 1000;

/// The languages of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `KEY=value` lines.
    Env,
    /// One of the others.
    Structured(Language),
}

impl Format {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Structured(Language::Json) => "json",
            Self::Structured(Language::Yaml) => "yaml",
        }
    }

    /// The format of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "env" => Some(Self::Env),
            "json" => Some(Self::Structured(Language::Json)),
            "yaml" => Some(Self::Structured(Language::Yaml)),
            _ => None,
        }
    }

    fn of_file(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        match name.rsplit('.').next() {
            Some("json") => Self::Structured(Language::Json),
            Some("yaml" | "yml") => Self::Structured(Language::Yaml),
            _ => Self::Env,
        }
    }

    /// What a text looks like.
    fn guessed(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            Self::Structured(Language::Json)
        } else if text.contains("---") {
            Self::Structured(Language::Yaml)
        } else {
            Self::Env
        }
    }
}

/// A variable that was not imported.
#[derive(Debug, Serialize)]
pub struct FailedOut {
    key: String,
    error: String,
    line: usize,
}

/// What is to be imported.
#[derive(Debug)]
pub struct Upload {
    /// In which language it came.
    pub format: Format,
    /// Whether values that are there may be replaced; `None`: nobody said.
    pub overwrite: Option<bool>,
    /// Names and values.
    pub values: Vec<(SecretName, SecretValue)>,
    /// What could not be read.
    pub failed: Vec<FailedOut>,
}

impl Upload {
    /// Reads a request.
    pub async fn of(unread: Unread) -> Result<Self, Failure> {
        let form = Form::of(&unread.headers);
        let bytes = body::bytes(&unread.headers, unread.body, LARGEST_BODY).await?;
        if bytes.is_empty() {
            return Err(Failure::field("file", REQUIRED));
        }
        match form {
            Some(Form::Json) => Self::of_input(Input::of_json(&bytes)?),
            Some(Form::Urlencoded) => Self::of_input(Input::of_form(&bytes)),
            Some(Form::Multipart(boundary)) => Self::of_multipart(bytes, boundary).await,
            None => Err(Failure::unsupported()),
        }
    }

    fn of_input(mut input: Input) -> Result<Self, Failure> {
        let overwrite = input.flag("overwrite");
        let said = input.has("format").then(|| {
            input.choice("format", |text| match text {
                "auto" => Some(None),
                text => Format::parse(text).map(Some),
            })
        });
        let format = said.unwrap_or(Some(Some(Format::Env)));
        if !input.has("data") {
            input.fault("data", REQUIRED);
        }
        let data = input.verbatim("data").map(Zeroizing::new);
        input.done()?;
        let (Some(format), Some(data)) = (format, data) else {
            return Err(Failure::field("data", REQUIRED));
        };
        let format = format.unwrap_or_else(|| Format::guessed(&data));
        Self::read(format, &data, overwrite)
    }

    async fn of_multipart(bytes: Bytes, boundary: String) -> Result<Self, Failure> {
        let parts = parts(bytes, boundary).await?;
        let mut plain = Vec::new();
        let mut file = None;
        for part in parts {
            if part.name == "file" {
                file = Some(part);
            } else {
                plain.push((part.name, text(&part.bytes)?.to_string()));
            }
        }
        let mut input = Input::of_pairs(plain.into_iter());
        let Some(file) = file else {
            if input.has("data") {
                return Self::of_input(input);
            }
            return Err(Failure::field("file", "No file was submitted."));
        };
        let overwrite = input.flag("overwrite");
        input.done()?;
        let format = Format::of_file(&file.file_name);
        Self::read(format, &text(&file.bytes)?, overwrite)
    }

    fn read(format: Format, text: &str, overwrite: Option<bool>) -> Result<Self, Failure> {
        if text.len() > LARGEST_FILE {
            return Err(Failure::field("file", "The file is larger than 10 MB."));
        }
        let (values, failed) = match format {
            Format::Env => {
                let lines = dotenv::read(text);
                let failed = lines.bad.into_iter().map(|bad| FailedOut {
                    error: format!("line {}: {}", bad.line, bad.why),
                    key: bad.key,
                    line: bad.line,
                });
                (lines.values, failed.collect())
            }
            Format::Structured(language) => {
                let values = structured::read(language, text);
                (values.map_err(|wrong| Failure::import(&wrong))?, Vec::new())
            }
        };
        check(&values)?;
        Ok(Self {
            format,
            overwrite,
            values,
            failed,
        })
    }
}

fn check(values: &[(SecretName, SecretValue)]) -> Result<(), Failure> {
    if values.len() > MOST {
        return Err(Failure::field(
            SEVERAL,
            format!("An import has at most {MOST} variables."),
        ));
    }
    let mut seen: BTreeMap<String, &SecretName> = BTreeMap::new();
    for (name, _) in values {
        if let Some(other) = seen.insert(name.as_str().to_ascii_lowercase(), name) {
            let why = format!("{other} and {name} differ only in case.");
            return Err(Failure::import(&[why]));
        }
    }
    Ok(())
}

/// One part of a form.
struct Part {
    name: String,
    file_name: String,
    bytes: Bytes,
}

async fn parts(bytes: Bytes, boundary: String) -> Result<Vec<Part>, Failure> {
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    let limits = SizeLimit::new().per_field(LARGEST_FILE as u64 + 1);
    let mut form = Multipart::with_constraints(whole, boundary, Constraints::new().size_limit(limits));
    let broken = |error: multer::Error| match error {
        multer::Error::FieldSizeExceeded { .. } => Failure::field("file", "The file is larger than 10 MB."),
        _ => Failure::unparsed("The form could not be read."),
    };
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().unwrap_or_default().to_owned(),
            bytes: field.bytes().await.map_err(broken)?,
        });
    }
    Ok(parts)
}

/// The fields of a form that has no files.
pub async fn fields(bytes: Bytes, boundary: String) -> Result<Input, Failure> {
    let mut pairs = Vec::new();
    for part in parts(bytes, boundary).await? {
        pairs.push((part.name, text(&part.bytes)?.to_string()));
    }
    Ok(Input::of_pairs(pairs.into_iter()))
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Failure::field("file", "The file must be UTF-8 text."))?;
    Ok(Zeroizing::new(text.to_owned()))
}
