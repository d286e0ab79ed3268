//! `coffer get`

use std::io::{self, IsTerminal};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;

use super::{Context, place::Named};
use crate::{args::PlaceArgs, failure::Failure, output};

pub async fn run(
    context: &Context,
    name: &str,
    version: Option<u64>,
    place: &PlaceArgs,
) -> Result<(), Failure> {
    let named = Named::new(name, place)?;
    let version = version
        .or(named.version)
        .map(|version| ("version", version.to_string()));
    let query: Vec<_> = version.into_iter().collect();
    let body = context
        .client
        .send(Method::GET, &named.path(&named.name), &query, None)
        .await?;
    if context.output.is_data() {
        output::data(&body, context.output);
        return Ok(());
    }
    let encoded = body["valueBase64"]
        .as_str()
        .and_then(|text| BASE64_STANDARD.decode(text).ok());
    let value = encoded.or_else(|| body["value"].as_str().map(|text| text.as_bytes().to_vec()));
    output::raw(&value.ok_or_else(|| context.client.strange("an answer without a value".to_owned()))?);
    if io::stdout().is_terminal() {
        output::raw(b"\n");
    }
    Ok(())
}
