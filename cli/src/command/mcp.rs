//! `coffer mcp`: the server's Model Context Protocol endpoint on standard input and output, for programs that start
//! their servers themselves. Each line is one message; what is asked is decided at the server, by the API key.
//! Standard output carries messages alone.

use std::io::{BufRead, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Context;
use crate::failure::Failure;

/// Where the version stands in a message that says it itself.
const VERSION: &str = "/params/_meta/io.modelcontextprotocol~1protocolVersion";
/// JSON-RPC's numbers for what is no message, and for trouble of our own.
const NO_MESSAGE: i32 = -32_700;
const TROUBLE: i32 = -32_603;

/// Passes messages on until standard input ends.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let mut agreed: Option<String> = None;
    while let Some(line) = next().await? {
        if line.trim().is_empty() {
            continue;
        }
        let Some(answer) = pass(context, line.trim(), &mut agreed).await else {
            continue;
        };
        let text = Zeroizing::new(answer.to_string());
        let mut out = std::io::stdout().lock();
        // Who reads no more has ended.
        if writeln!(out, "{}", *text).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The next line; `None` at the end.
async fn next() -> Result<Option<Zeroizing<String>>, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = Zeroizing::new(String::new());
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map(|count| (count > 0).then_some(line))
    });
    let broken = |source| Failure::File {
        path: "standard input".into(),
        source,
    };
    read.await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(broken)
}

/// The answer to one message; `None`: there is none to a notification.
async fn pass(context: &Context, line: &str, agreed: &mut Option<String>) -> Option<Value> {
    let Ok(message) = serde_json::from_str::<Value>(line) else {
        return Some(failed(&Value::Null, NO_MESSAGE, "the line is not JSON"));
    };
    let own = message.pointer(VERSION).and_then(Value::as_str);
    let version = own.map(str::to_owned).or_else(|| agreed.clone());
    let headers = headers(&message, version);
    let answer = context.client.relay(line.to_owned(), &headers).await;
    let answer = match (answer, message.get("id")) {
        (Ok(answer), Some(_)) => answer?,
        (Err(failure), Some(id)) => failed(id, TROUBLE, &failure.to_string()),
        (Ok(_), None) => return None,
        (Err(failure), None) => {
            eprintln!("coffer: {failure}");
            return None;
        }
    };
    if message["method"] == "initialize" {
        *agreed = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
    }
    Some(answer)
}

fn failed(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// What streamable HTTP says of a message beside it.
fn headers(message: &Value, version: Option<String>) -> Vec<(&'static str, String)> {
    let text = |pointer: &str| {
        message
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let method = text("/method");
    let name = match method.as_deref() {
        Some("tools/call" | "prompts/get") => text("/params/name"),
        Some("resources/read") => text("/params/uri"),
        _ => None,
    };
    let all = [
        ("mcp-protocol-version", version),
        ("mcp-method", method),
        ("mcp-name", name),
    ];
    let said = all.into_iter();
    said.filter_map(|(header, value)| Some((header, plain(value?))))
        .collect()
}

/// A header's value; what cannot stand in one as it is goes in Base64, as the protocol has it.
fn plain(text: String) -> String {
    let visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if visible && text.trim() == text && !text.starts_with("=?base64?") {
        return text;
    }
    format!("=?base64?{}?=", BASE64_STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_described_beside_it() {
        let read = json!({"method": "resources/read", "params": {"uri": "vsecure://secrets/ä/B"}});
        let expected = [
            ("mcp-protocol-version", "2025-06-18"),
            ("mcp-method", "resources/read"),
            ("mcp-name", "=?base64?dnNlY3VyZTovL3NlY3JldHMvw6QvQg==?="),
        ];
        let found = headers(&read, Some("2025-06-18".to_owned()));
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
        let call = json!({"method": "tools/call", "params": {"name": "read_secret"}});
        let expected = [("mcp-method", "tools/call"), ("mcp-name", "read_secret")];
        assert_eq!(
            headers(&call, None),
            expected.map(|(name, value)| (name, value.to_owned()))
        );
        assert_eq!(headers(&json!([]), None), []);
    }
}
