//! `coffer consumers`

use reqwest::Method;
use serde_json::Value;

use super::{Context, place::in_place};
use crate::{
    args::PlaceArgs,
    failure::Failure,
    output::{self, cell},
};

pub async fn run(context: &Context, name: Option<&str>, place: &PlaceArgs) -> Result<(), Failure> {
    let query: Vec<_> = name.map(|name| ("name", name.to_owned())).into_iter().collect();
    let path = in_place(place, "consumers");
    let mut page = context.client.send(Method::GET, &path, &query, None).await?;
    let Value::Array(items) = page["items"].take() else {
        return Err(context.client.strange("a list without items".to_owned()));
    };
    if context.output.is_data() {
        output::data(&Value::Array(items), context.output);
        return Ok(());
    }
    let row = |item: &Value| {
        let pod = format!("{}/{}", cell(&item["namespace"]), cell(&item["pod"]));
        let state = if item["lagging"] == true {
            "lags"
        } else {
            "current"
        };
        let since = if item["lagging"] == true {
            &item["laggingSince"]
        } else {
            &item["acknowledgedAt"]
        };
        vec![
            cell(&item["name"]),
            pod,
            cell(&item["current"]),
            cell(&item["delivered"]),
            cell(&item["acknowledged"]),
            state.to_owned(),
            cell(since),
            cell(&item["retiring"]["version"]),
            cell(&item["retiring"]["deadline"]),
        ]
    };
    let header = [
        "SECRET",
        "POD",
        "CURRENT",
        "DELIVERED",
        "ACKNOWLEDGED",
        "STATE",
        "SINCE",
        "RETIRING",
        "DEADLINE",
    ];
    output::table(&header, &items.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
