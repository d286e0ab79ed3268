//! `POST /auth/register/`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{
    secret_value::SecretValue,
    usecase::keynest::{NewUser, Registration},
};
use zeroize::Zeroizing;

use crate::{
    app::App,
    http::respond,
    keynest::{
        auth::Asked,
        error::{Failure, Faults, SEVERAL},
        input::{Input, Unread},
        model::RegisteredOut,
        rules,
    },
};

/// Makes a user, their organization and their token.
pub async fn register(State(app): State<Arc<App>>, asked: Asked, body: Unread) -> Result<Response, Failure> {
    let new = read(body.fields().await?)?;
    match app.nest().register(&new, asked.origin()).await? {
        Registration::Done(login) => Ok(respond::json(StatusCode::CREATED, &RegisteredOut::from(&*login))),
        Registration::Taken { username, email } => {
            let mut faults = Faults::new();
            for (field, taken) in [("username", username), ("email", email)] {
                if taken {
                    let why = format!("A user with this {field} already exists.");
                    faults.insert(field.to_owned(), vec![why]);
                }
            }
            Err(Failure::taken(&faults))
        }
    }
}

fn read(mut input: Input) -> Result<NewUser, Failure> {
    let username = input.required("username");
    input.check("username", username.as_deref().and_then(rules::username));
    let email = input.required("email");
    input.check("email", email.as_deref().and_then(rules::email));
    let password = input.password("password").map(Zeroizing::new);
    let weak = password.as_deref().and_then(|text| rules::password(text));
    input.check("password", weak);
    let again = input
        .has("confirm_password")
        .then(|| input.verbatim("confirm_password"));
    if again.is_some_and(|again| again.map(Zeroizing::new) != password) {
        input.fault(SEVERAL, "Passwords do not match.");
    }
    let mut name = |field: &str| input.optional(field, 150).flatten().unwrap_or_default();
    let (first_name, last_name) = (name("first_name"), name("last_name"));
    input.done()?;
    Ok(NewUser {
        username: username.unwrap_or_default(),
        email: email.unwrap_or_default().to_lowercase(),
        password: SecretValue::from(password.as_ref().map_or("", |password| password.as_str())),
        first_name,
        last_name,
    })
}
