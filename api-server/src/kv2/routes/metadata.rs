//! `/v1/<mount>/metadata/<path>`: what is said of a path, its versions, and what lies below it.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderMap, Method},
    response::Response,
};
use coffer_domain::{
    Error,
    metadata::{Kind, Metadata},
};
use serde_json::Value;

use super::{list, unless_missing};
use crate::kv2::{
    ask::Ask,
    envelope,
    error::Fault,
    input::{Input, go_bool, require_patch, seconds},
    model::PathOut,
};

/// How many custom entries there may be, and how long their names and texts.
const MOST: usize = 64;
const LONGEST_NAME: usize = 128;
const LONGEST_TEXT: usize = 512;
/// What another door writes down when a secret is made: nobody writes it afterwards.
const STAMPS: [&str; 2] = ["created_by", "created_at"];

/// What is known of a path, or, with `list`, of what lies below it.
pub async fn read(ask: Ask) -> Result<Response, Fault> {
    if wants_list(&ask)? {
        return list::list(&ask).await;
    }
    let known = ask.app.coffer.known_path(&ask.caller, &ask.address()?).await?;
    Ok(envelope::data(&ask.context, PathOut::of(&known)))
}

/// `LIST`, which routers know no name for.
pub async fn other(method: Method, ask: Ask) -> Result<Response, Fault> {
    if method.as_str() == "LIST" {
        return list::list(&ask).await;
    }
    Err(Fault::Method)
}

/// Lists the mount itself: without `list` there is nothing to read of it.
pub async fn root(ask: Ask) -> Result<Response, Fault> {
    if wants_list(&ask)? {
        return list::list(&ask).await;
    }
    Err(Fault::missing())
}

fn wants_list(ask: &Ask) -> Result<bool, Fault> {
    let query = ask.query();
    let wrong = || Fault::bad("list must be true or false");
    query
        .text("list")
        .map_or(Ok(false), |text| go_bool(text).ok_or_else(wrong))
}

/// Says other things of a path, whether it has a value or not.
pub async fn write(ask: Ask, input: Input) -> Result<Response, Fault> {
    let address = ask.address()?;
    let said = Said::read(&input, false)?;
    let change = |metadata| said.over(metadata);
    ask.app
        .coffer
        .describe_path(&ask.caller, &address, true, change)
        .await?;
    Ok(envelope::done())
}

/// Changes part of what is said of a path.
pub async fn patch(ask: Ask, headers: HeaderMap, input: Input) -> Result<Response, Fault> {
    require_patch(&headers)?;
    let address = ask.address()?;
    let said = Said::read(&input, true)?;
    let change = |metadata| said.over(metadata);
    let done = ask
        .app
        .coffer
        .describe_path(&ask.caller, &address, false, change)
        .await;
    match done {
        Err(Error::NotFound { what: "secret", .. }) => Err(Fault::Nothing),
        done => Ok(done.map(|()| envelope::done())?),
    }
}

/// Erases a path with all its versions.
pub async fn delete(ask: Ask) -> Result<Response, Fault> {
    let address = ask.address()?;
    unless_missing(ask.app.coffer.erase_path(&ask.caller, &address).await)
}

/// What a request says of a path.
struct Said {
    most: Option<u64>,
    cas_required: Option<bool>,
    custom: Custom,
}

/// What it says of the custom entries.
enum Custom {
    /// Nothing.
    Kept,
    /// These are all there are.
    Replaced(BTreeMap<String, String>),
    /// These change; `None` goes.
    Merged(BTreeMap<String, Option<String>>),
}

impl Said {
    fn read(input: &Input, merged: bool) -> Result<Self, Fault> {
        if let Some(length) = input.member("delete_version_after")
            && seconds(length) != Some(0)
            && length.as_str() != Some("")
        {
            return Err(Fault::bad(
                "delete_version_after is not served here: versions are kept until somebody deletes them",
            ));
        }
        let custom = match input.raw("custom_metadata") {
            Some(Value::Null) if merged => Custom::Replaced(BTreeMap::new()),
            None | Some(Value::Null) => Custom::Kept,
            Some(Value::Object(members)) => {
                let entries = members.iter().map(|(name, value)| entry(name, value));
                let entries: BTreeMap<_, _> = entries.collect::<Result<_, _>>()?;
                if merged {
                    Custom::Merged(entries)
                } else {
                    let all = entries.into_iter();
                    Custom::Replaced(all.filter_map(|(name, text)| Some((name, text?))).collect())
                }
            }
            Some(_) => return Err(invalid("it must be an object of texts")),
        };
        Ok(Self {
            most: input.number("max_versions")?,
            cas_required: input.flag("cas_required")?,
            custom,
        })
    }

    fn over(&self, mut metadata: Metadata) -> Result<Metadata, Error> {
        let mut retention = metadata.retention.unwrap_or_default();
        retention.most = self.most.unwrap_or(retention.most);
        retention.cas_required = self.cas_required.unwrap_or(retention.cas_required);
        metadata.retention =
            (retention != coffer_domain::metadata::Retention::default()).then_some(retention);
        let present = &metadata.attributes;
        let mut custom = match &self.custom {
            Custom::Kept => return Ok(metadata),
            Custom::Replaced(all) => all.clone(),
            Custom::Merged(changes) => {
                let mut merged = present.clone();
                for (name, change) in changes {
                    match change {
                        Some(text) => merged.insert(name.clone(), text.clone()),
                        None => merged.remove(name),
                    };
                }
                merged
            }
        };
        if metadata.kind != Kind::Value {
            let rule = "a key or certificate has facts of its own there, which nobody writes";
            return Err(Error::invalid("custom_metadata", rule));
        }
        for stamp in STAMPS {
            match (custom.get(stamp), present.get(stamp)) {
                (Some(said), Some(was)) if said == was => {}
                (Some(_), _) => {
                    return Err(Error::invalid(
                        "custom_metadata",
                        "the server writes these stamps",
                    ));
                }
                (None, Some(was)) => {
                    custom.insert(stamp.to_owned(), was.clone());
                }
                (None, None) => {}
            }
        }
        if custom.len() > MOST {
            return Err(Error::invalid(
                "custom_metadata",
                format!("there are at most {MOST} entries"),
            ));
        }
        metadata.attributes = custom;
        Ok(metadata)
    }
}

/// One custom entry; `None`: it should go.
fn entry(name: &str, value: &Value) -> Result<(String, Option<String>), Fault> {
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Array(_) | Value::Object(_) => return Err(invalid("its values must be texts")),
    };
    let fits = |text: &str, longest| {
        !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
    };
    let good = fits(name, LONGEST_NAME) && text.as_deref().is_none_or(|text| fits(text, LONGEST_TEXT));
    if good {
        return Ok((name.to_owned(), text));
    }
    let rule = "names have 1 to 128 printable characters, texts 1 to 512";
    Err(invalid(rule))
}

fn invalid(why: &str) -> Fault {
    Fault::bad(format!("custom_metadata validation failed: {why}"))
}
