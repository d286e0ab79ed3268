//! `coffer.dev/file.<name>`: a key, or a map that also says where and how.

use coffer_domain::template::Template;
use serde::Deserialize;

use super::{FILE, MOST_ENTRIES, path, secret_name};
use crate::{
    denied::{Denied, quoted},
    wish::{Content, File},
};

/// Where files without a `path` go.
pub const DEFAULT_DIRECTORY: &str = "/var/run/secrets/coffer";
const DEFAULT_MODE: u32 = 0o444;

/// Parses every `file.<name>` among `annotations`.
pub(super) fn parse_all<'m>(
    annotations: impl Iterator<Item = (&'m str, &'m str)>,
) -> Result<Vec<File>, Denied> {
    let asked = annotations.filter_map(|(key, value)| Some((key, key.strip_prefix(FILE)?, value)));
    let mut files: Vec<File> = Vec::new();
    for (about, label, value) in asked {
        let file = parse(about, label, value)?;
        if let Some(same) = files
            .iter()
            .find(|f| (&f.directory, &f.name) == (&file.directory, &file.name))
        {
            let problem = format!("its path is also that of {FILE}{}", same.label);
            return Err(Denied::new(about, problem, "give each file a path of its own"));
        }
        files.push(file);
    }
    if files.len() > MOST_ENTRIES {
        let problem = format!("{} files are too many", files.len());
        return Err(Denied::new(
            format!("{FILE}*"),
            problem,
            format!("ask for at most {MOST_ENTRIES}"),
        ));
    }
    Ok(files)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    key: Option<String>,
    template: Option<String>,
    path: Option<String>,
    mode: Option<String>,
}

fn parse(about: &str, label: &str, value: &str) -> Result<File, Denied> {
    let map = map(about, value)?;
    let default_path = || format!("{DEFAULT_DIRECTORY}/{label}");
    let (directory, name) = path::parse(about, &map.path.unwrap_or_else(default_path))?;
    let content = match (map.key, map.template) {
        (Some(key), None) => Content::Secret(secret_name(about, &key)?),
        (None, Some(source)) => template(about, source)?,
        _ => {
            return Err(Denied::new(
                about,
                "it needs key or template, and not both",
                "write one of them",
            ));
        }
    };
    let mode = map
        .mode
        .map_or(Ok(DEFAULT_MODE), |mode| permission(about, &mode))?;
    Ok(File {
        label: label.to_owned(),
        directory,
        name,
        mode,
        content,
    })
}

/// A plain key is the map `{key: …}`: names hold neither `:` nor `{` nor a line end.
fn map(about: &str, value: &str) -> Result<Map, Denied> {
    let value = value.trim();
    if !value.contains([':', '{', '\n']) {
        return Ok(Map {
            key: Some(value.to_owned()),
            ..Map::default()
        });
    }
    serde_saphyr::from_str(value).map_err(|e| {
        let problem = format!(
            "it is not a map of key, template, path and mode: {}",
            first_line(&e.to_string())
        );
        Denied::new(
            about,
            problem,
            "write a key, or for example {key: TLS_KEY, path: /etc/app/tls.key, mode: \"0440\"}",
        )
    })
}

/// The parser's words without the excerpt it draws below them.
fn first_line(message: &str) -> String {
    message
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(160)
        .collect()
}

/// Refused here, a bad template costs a message; met by the agent, a pod that never starts.
fn template(about: &str, source: String) -> Result<Content, Denied> {
    match Template::parse(&source) {
        Ok(template) => Ok(Content::Template {
            names: template.names().clone(),
            source,
        }),
        Err(e) => Err(Denied::new(
            about,
            format!("its template, {e}"),
            "see docs/TEMPLATES.md",
        )),
    }
}

fn permission(about: &str, text: &str) -> Result<u32, Denied> {
    let octal = (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    match u32::from_str_radix(text, 8) {
        Ok(mode) if octal && mode <= 0o777 => Ok(mode),
        _ => Err(Denied::new(
            about,
            format!(
                "mode {} is not three octal digits, with or without a leading 0",
                quoted(text)
            ),
            "write for example mode: \"0440\"",
        )),
    }
}
