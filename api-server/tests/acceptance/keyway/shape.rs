//! Whether an answer is as the door's OpenAPI document says: every case of this door is held to it.

use std::sync::OnceLock;

use coffer_api_server::keyway::DIALECT;
use serde_json::Value;

use crate::answer::Answer;

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&DIALECT.openapi.unwrap()()).unwrap())
}

/// Holds an answer to what the document says of its route and status.
#[track_caller]
pub fn hold(method: &str, path: &str, answer: &Answer) {
    let Some((template, item)) = route(method, path.split('?').next().unwrap_or(path)) else {
        return;
    };
    let told = &item["responses"][answer.status.to_string()];
    assert!(
        told.is_object(),
        "{method} {template}: {} is not told of",
        answer.status
    );
    let schema = &told["content"]["application/json"]["schema"];
    if answer.json.is_null() || schema.is_null() {
        return;
    }
    if let Err(why) = fits(schema, &answer.json, "answer") {
        panic!("{method} {template}: {why}\n{}", answer.text);
    }
}

/// The route of a path, and what is said of it; of several, the one that says most of it in so many words.
fn route(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let parts: Vec<&str> = path.split('/').collect();
    let named = |part: &str| part.starts_with('{');
    let routes = document()["paths"].as_object().unwrap().iter();
    let all = routes.filter_map(|(template, item)| {
        let own: Vec<&str> = template.strip_prefix("/v1")?.split('/').collect();
        let same = own.len() == parts.len()
            && own
                .iter()
                .zip(&parts)
                .all(|(own, part)| named(own) || own == part);
        let told = item.get(method.to_lowercase())?;
        let plain = own.iter().filter(|part| !named(part)).count();
        same.then_some((plain, template.as_str(), told))
    });
    let best = all.max_by_key(|(plain, ..)| *plain)?;
    Some((best.1, best.2))
}

/// Whether a value is as a schema says, with nothing that it does not name.
fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document().pointer(&reference[1..]).unwrap(), value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any.iter().map(|one| fits(one, value, at)).collect();
        let fit = tried.iter().any(Result::is_ok);
        return if fit { Ok(()) } else { Err(format!("{tried:?}")) };
    }
    if let Some(all) = schema["allOf"].as_array() {
        return fits(&together(all), value, at);
    }
    if let Some(only) = schema.get("const") {
        return if only == value {
            Ok(())
        } else {
            Err(format!("{at} is not {only}"))
        };
    }
    match schema["type"].as_str().unwrap() {
        "object" => members(schema, value, at),
        "array" => {
            let items = value.as_array().ok_or_else(|| format!("{at} is no list"))?;
            let numbered = items.iter().enumerate();
            let mut each =
                numbered.map(|(number, item)| fits(&schema["items"], item, &format!("{at}[{number}]")));
            each.find(Result::is_err).unwrap_or(Ok(()))
        }
        kind => {
            let is = match kind {
                "string" if schema["format"] == "date-time" => is_moment(value),
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                other => panic!("no such type: {other}"),
            };
            if is {
                Ok(())
            } else {
                Err(format!("{at} is no {kind}: {value}"))
            }
        }
    }
}

fn is_moment(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

/// One object schema of several, references followed.
fn together(all: &[Value]) -> Value {
    let mut whole = serde_json::json!({"type": "object", "required": [], "properties": {}});
    for part in all {
        let part = match part["$ref"].as_str() {
            Some(reference) => document().pointer(&reference[1..]).unwrap(),
            None => part,
        };
        for (name, member) in part["properties"].as_object().unwrap() {
            whole["properties"][name] = member.clone();
        }
        let required = part["required"].as_array().unwrap().iter().cloned();
        whole["required"].as_array_mut().unwrap().extend(required);
    }
    whole
}

fn members(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| format!("{at} is no object"))?;
    for required in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(required.as_str().unwrap()) {
            return Err(format!("{at} has no {required}"));
        }
    }
    for (name, member) in members {
        let inner = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            // An object of which nothing is said: anything may be in it.
            (Value::Null, Value::Bool(true)) => {}
            (Value::Null, Value::Null) if schema.get("properties").is_none() => {}
            (Value::Null, Value::Null) => return Err(format!("{inner} is not told of")),
            (Value::Null, each) => fits(each, member, &inner)?,
            (told, _) => fits(told, member, &inner)?,
        }
    }
    Ok(())
}
