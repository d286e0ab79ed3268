//! `coffer keynest …`: accounts of people, as who runs the server sees to them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Context,
    put::{self, Input},
};
use crate::{
    args::{KeynestVerb, Output},
    failure::Failure,
    output,
};

/// The organization that accounts are kept in.
const HOME: &str = "_keynest";

/// Does what the command line says.
pub async fn run(context: &Context, verb: KeynestVerb) -> Result<(), Failure> {
    match verb {
        KeynestVerb::ResetPassword { email } => reset(context, &email).await,
        KeynestVerb::Disable { email } => change(context, &email, &json!({ "active": false })).await,
        KeynestVerb::Enable { email } => change(context, &email, &json!({ "active": true })).await,
    }
}

async fn reset(context: &Context, email: &str) -> Result<(), Failure> {
    let typed = put::read(&Input {
        from_file: None,
        trim: true,
    })?;
    let password = std::str::from_utf8(&typed);
    let password = password.map_err(|_| Failure::Usage("the password is not text".to_owned()))?;
    change(context, email, &json!({ "password": password })).await
}

async fn change(context: &Context, email: &str, body: &Value) -> Result<(), Failure> {
    let path = [HOME, "users", email];
    let answer = context.client.send(Method::PATCH, &path, &[], Some(body)).await?;
    match context.output {
        Output::Json | Output::Yaml => output::data(&answer, context.output),
        Output::Table => {
            let said = if answer["active"] == true {
                "can log in"
            } else {
                "cannot log in; their session is over"
            };
            output::print(format!("{} {said}", output::cell(&answer["email"])).as_bytes());
        }
    }
    Ok(())
}
