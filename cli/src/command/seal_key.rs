//! `coffer seal-key`

use reqwest::Method;
use serde_json::Value;

use super::Context;
use crate::{
    args::{Output, SealKeyVerb, VaultArgs},
    failure::Failure,
    output::{self, cell},
};

pub async fn run(context: &Context, verb: SealKeyVerb) -> Result<(), Failure> {
    match verb {
        SealKeyVerb::Show { vault } => {
            let answer = send(context, Method::GET, &vault).await?;
            match context.output {
                Output::Json | Output::Yaml => output::data(&answer["items"][0], context.output),
                Output::Table => output::print(cell(&answer["items"][0]["publicKey"]).as_bytes()),
            }
        }
        SealKeyVerb::List { vault } => list(context, &send(context, Method::GET, &vault).await?),
        SealKeyVerb::Rotate { vault } => list(context, &send(context, Method::POST, &vault).await?),
    }
    Ok(())
}

async fn send(context: &Context, method: Method, vault: &VaultArgs) -> Result<Value, Failure> {
    let path = [&*vault.organization, "vaults", &*vault.vault, "sealing-keys"];
    context.client.send(method, &path, &[], None).await
}

fn list(context: &Context, answer: &Value) {
    if context.output.is_data() {
        return output::data(answer, context.output);
    }
    let items = answer["items"].as_array().into_iter().flatten().enumerate();
    let rows = items.map(|(at, item)| {
        let used = if at == 0 { "to seal to" } else { "opens only" };
        vec![cell(&item["id"]), cell(&item["createdAt"]), used.to_owned()]
    });
    output::table(&["KEY", "CREATED", "USE"], &rows.collect::<Vec<_>>());
}
