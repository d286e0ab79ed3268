//! What is noted of a request for the activity list.

use std::{borrow::Cow, collections::BTreeMap};

use axum::http::{HeaderMap, header::USER_AGENT};
use coffer_domain::usecase::keyway::Activity;
use serde_json::Value;

use super::auth::Signed;
use crate::app::App;

/// Names and numbers.
pub type Metadata = BTreeMap<Cow<'static, str>, Value>;

/// Something that a session did.
pub fn activity(app: &App, signed: &Signed, action: &'static str, metadata: Metadata) -> Activity {
    Activity {
        actor: signed.session.actor(),
        action: action.into(),
        platform: platform(signed.agent.as_deref().unwrap_or_default()).into(),
        metadata,
        address: signed.context.0.peer,
        user_agent: signed.agent.clone(),
        at: app.coffer.clock().now(),
    }
}

/// What the program that sent these headers calls itself.
pub fn agent_of(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(agent.chars().take(256).collect())
}

/// Names and numbers of an activity.
pub fn about<const N: usize>(pairs: [(&'static str, Value); N]) -> Metadata {
    pairs.map(|(name, value)| (name.into(), value)).into()
}

/// Whether a request is the product's own command's.
pub fn is_command(signed: &Signed) -> bool {
    platform(signed.agent.as_deref().unwrap_or_default()) == "cli"
}

/// With what kind of program something was done.
fn platform(agent: &str) -> &'static str {
    const BROWSERS: [&str; 5] = ["Mozilla/", "Chrome/", "Safari/", "Firefox/", "Edg/"];
    if agent.contains("keyway-cli") {
        "cli"
    } else if agent.contains("keyway-mcp") {
        "mcp"
    } else if BROWSERS.iter().any(|browser| agent.contains(browser)) {
        "web"
    } else {
        "api"
    }
}

#[cfg(test)]
mod tests {
    use super::platform;

    #[test]
    fn programs_are_told_apart_by_what_they_call_themselves() {
        for (agent, expected) in [
            ("keyway-cli/1.2.3", "cli"),
            ("keyway-mcp/0.4 node", "mcp"),
            ("Mozilla/5.0 (X11; Linux x86_64)", "web"),
            ("curl/8.5.0", "api"),
            ("", "api"),
        ] {
            assert_eq!(platform(agent), expected, "{agent}");
        }
    }
}
