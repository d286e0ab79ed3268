//! `coffer list`

use serde_json::Value;

use super::{Context, place::in_place};
use crate::{
    args::PlaceArgs,
    failure::Failure,
    output::{self, cell},
};

pub async fn run(context: &Context, place: &PlaceArgs) -> Result<(), Failure> {
    let items = context.client.pages(&in_place(place, "secrets"), &[]).await?;
    if context.output.is_data() {
        output::data(&Value::Array(items), context.output);
        return Ok(());
    }
    let row = |item: &Value| {
        let version = if item["current"].is_null() {
            "deleted".to_owned()
        } else {
            cell(&item["current"])
        };
        let owner = match &item["owner"] {
            Value::Null => "-".to_owned(),
            owner => format!("{} {}", cell(&owner["kind"]), cell(&owner["name"])),
        };
        let generated = if item["generated"] == true { "yes" } else { "no" };
        vec![
            cell(&item["name"]),
            version,
            generated.to_owned(),
            owner,
            cell(&item["updatedAt"]),
        ]
    };
    output::table(
        &["NAME", "VERSION", "GENERATED", "MANAGED BY", "UPDATED"],
        &items.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(())
}
