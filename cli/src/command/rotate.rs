//! `coffer rotate`

use reqwest::Method;
use serde_json::{Value, json};

use super::{Context, place::Named};
use crate::{
    args::{Output, PlaceArgs},
    failure::Failure,
    output::{self, cell},
};

pub async fn secret(context: &Context, name: &str, force: bool, place: &PlaceArgs) -> Result<(), Failure> {
    let named = Named::new(name, place)?;
    let verb = format!("{}:rotate", named.name);
    let query: Vec<_> = force.then(|| ("force", "true".to_owned())).into_iter().collect();
    let answer = context
        .client
        .send(Method::POST, &named.path(&verb), &query, None)
        .await?;
    let alone = if force { ", and waits for nobody" } else { "" };
    let said = format!("{} is now at version {}{alone}", named.name, answer["version"]);
    show(context, &answer, &said);
    Ok(())
}

pub async fn api_key(context: &Context, id: &str, overlap: &str, place: &PlaceArgs) -> Result<(), Failure> {
    let verb = format!("{id}:rotate");
    let path = [place.organization.as_str(), "api-keys", &verb];
    let answer = context
        .client
        .send(Method::POST, &path, &[], Some(&json!({"overlap": overlap})))
        .await?;
    if !context.output.is_data() {
        eprintln!("coffer: this is the only time the token is shown; the old one works for {overlap} more");
    }
    show(context, &answer, &cell(&answer["token"]));
    Ok(())
}

fn show(context: &Context, answer: &Value, said: &str) {
    match context.output {
        Output::Json | Output::Yaml => output::data(answer, context.output),
        Output::Table => output::print(said.as_bytes()),
    }
}
