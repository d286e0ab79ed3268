//! `coffer audit verify` and `coffer audit list`

use reqwest::Method;
use serde_json::Value;

use super::Context;
use crate::{
    args::AuditVerb,
    failure::Failure,
    output::{self, cell},
};

pub async fn run(context: &Context, verb: AuditVerb) -> Result<(), Failure> {
    match verb {
        AuditVerb::Verify { organization } => verify(context, &organization).await,
        AuditVerb::List { organization, after } => list(context, &organization, after).await,
    }
}

async fn verify(context: &Context, organization: &str) -> Result<(), Failure> {
    let answer = context
        .client
        .send(Method::GET, &[organization, "audit:verify"], &[], None)
        .await?;
    if context.output.is_data() {
        output::data(&answer, context.output);
    }
    if answer["intact"] != true {
        return Err(Failure::Broken {
            organization: organization.to_owned(),
            record: answer["brokenAt"].as_u64().unwrap_or_default(),
            reason: cell(&answer["reason"]),
        });
    }
    if !context.output.is_data() {
        output::print(
            format!(
                "{} records, intact, head {}",
                answer["records"],
                cell(&answer["head"])
            )
            .as_bytes(),
        );
    }
    Ok(())
}

async fn list(context: &Context, organization: &str, after: u64) -> Result<(), Failure> {
    let items = context
        .client
        .pages(&[organization, "audit"], &[("after", after.to_string())])
        .await?;
    if context.output.is_data() {
        output::data(&Value::Array(items), context.output);
        return Ok(());
    }
    let row = |item: &Value| {
        let event = &item["event"];
        let fields = [
            "at",
            "principal",
            "action",
            "target",
            "outcome",
            "door",
            "address",
        ];
        let cells = fields.iter().map(|field| cell(&event[field]));
        [cell(&item["sequence"])].into_iter().chain(cells).collect()
    };
    let header = [
        "NUMBER",
        "AT",
        "PRINCIPAL",
        "ACTION",
        "TARGET",
        "OUTCOME",
        "DOOR",
        "ADDRESS",
    ];
    output::table(&header, &items.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
