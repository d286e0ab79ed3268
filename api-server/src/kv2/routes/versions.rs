//! `/v1/<mount>/{delete,undelete,destroy}/<path>`: versions on their way through life.

use axum::response::Response;

use super::unless_missing;
use crate::kv2::{ask::Ask, error::Fault, input::Input};

/// Makes these versions unreadable, until they are undeleted.
pub async fn delete(ask: Ask, input: Input) -> Result<Response, Fault> {
    let address = ask.address()?;
    let versions = named(&input, "No version number provided")?;
    unless_missing(
        ask.app
            .coffer
            .delete_these(&ask.caller, &address, &versions)
            .await,
    )
}

/// Makes these versions readable again.
pub async fn undelete(ask: Ask, input: Input) -> Result<Response, Fault> {
    let address = ask.address()?;
    let versions = named(&input, "No version number provided")?;
    unless_missing(
        ask.app
            .coffer
            .undelete_these(&ask.caller, &address, &versions)
            .await,
    )
}

/// Erases these versions.
pub async fn destroy(ask: Ask, input: Input) -> Result<Response, Fault> {
    let address = ask.address()?;
    let versions = named(&input, "no version number provided")?;
    unless_missing(
        ask.app
            .coffer
            .destroy_these(&ask.caller, &address, &versions)
            .await,
    )
}

fn named(input: &Input, none: &str) -> Result<Vec<coffer_domain::address::Version>, Fault> {
    let versions = input.versions()?;
    if versions.is_empty() {
        return Err(Fault::bad(none));
    }
    Ok(versions)
}
