//! Which two environments a request is about, from its query or its body.

use axum::http::Uri;
use coffer_domain::{
    address::Place,
    id::RecordId,
    integration::Target,
    name::EnvName,
    record::Kept,
    usecase::keyway::{Connection, Direction, Entered, SyncRequest},
};

use crate::{
    app::App,
    http::{
        fields::{Fields, MISSING},
        query::Query,
    },
    keyway::{auth::Signed, error::Problem, routes::secrets::place_to_write},
};

/// Which environment, if a request names none.
const USUAL: &str = "production";

/// What a request says.
#[derive(Debug, Default)]
pub(super) struct Asked {
    connection: Option<String>,
    project: Option<String>,
    service: Option<String>,
    environment: Option<String>,
    keyway_environment: Option<String>,
    provider_environment: Option<String>,
    direction: Option<String>,
    delete: bool,
}

/// What it comes to.
#[derive(Debug)]
pub(super) struct Copy {
    pub connection: Kept<Connection>,
    pub request: SyncRequest,
}

impl Asked {
    /// From a query.
    pub fn in_query(uri: &Uri) -> Result<Self, Problem> {
        let query = Query::lenient(uri.query());
        let text = |name: &str| query.text(name).map(str::to_owned);
        Ok(Self {
            connection: text("connectionId"),
            project: text("projectId"),
            service: text("serviceId"),
            environment: text("environment"),
            keyway_environment: text("keywayEnvironment"),
            provider_environment: text("providerEnvironment"),
            direction: text("direction"),
            delete: match query.text("allowDelete") {
                None | Some("" | "false") => false,
                Some("true") => true,
                Some(_) => return Err(Problem::field("allowDelete", "must be true or false")),
            },
        })
    }

    /// From a body.
    pub fn in_body(mut fields: Fields) -> Result<Self, Problem> {
        Ok(Self {
            connection: fields.text("connectionId")?,
            project: fields.text("projectId")?,
            service: fields.text("serviceId")?,
            environment: None,
            keyway_environment: fields.text("keywayEnvironment")?,
            provider_environment: fields.text("providerEnvironment")?,
            direction: fields.text("direction")?,
            delete: fields.flag("allowDelete")?.unwrap_or(false),
        })
    }

    /// Which way, and whether what is only there may be deleted.
    pub fn direction(&self) -> Result<(Direction, bool), Problem> {
        match self.direction.as_deref() {
            None | Some("" | "push") => Ok((Direction::Push, self.delete)),
            Some("pull") => Ok((Direction::Pull, self.delete)),
            Some(_) => Err(Problem::field("direction", "must be push or pull")),
        }
    }

    /// One environment's name for both sides.
    pub fn both(&self) -> Result<(EnvName, Target), Problem> {
        let named = given(self.environment.as_ref()).unwrap_or(USUAL);
        let environment = EnvName::new(named)
            .map_err(|_| Problem::field("environment", "must be the name of an environment"))?;
        Ok((environment, self.target("environment", named)?))
    }

    /// The environment of the vault, which must be there, and that of the provider.
    pub fn pair(&self, here: &Entered) -> Result<(EnvName, Target), Problem> {
        let named = given(self.keyway_environment.as_ref()).unwrap_or(USUAL);
        let Place { environment, .. } = place_to_write(here, named)
            .map_err(|_| Problem::field("keywayEnvironment", "is not an environment of the vault"))?;
        let theirs = given(self.provider_environment.as_ref()).unwrap_or(USUAL);
        Ok((environment, self.target("providerEnvironment", theirs)?))
    }

    fn target(&self, field: &str, environment: &str) -> Result<Target, Problem> {
        let project = given(self.project.as_ref()).ok_or_else(|| Problem::field("projectId", MISSING))?;
        Ok(Target {
            project: plain("projectId", project)?,
            environment: plain(field, environment)?,
            service: given(self.service.as_ref())
                .map(|service| plain("serviceId", service))
                .transpose()?,
        })
    }

    /// The id of a connection.
    pub fn connection(&self) -> Result<RecordId, Problem> {
        let id = given(self.connection.as_ref()).ok_or_else(|| Problem::field("connectionId", MISSING))?;
        id.parse()
            .map_err(|_| Problem::field("connectionId", "must be a UUID"))
    }

    /// The connection, which must be the session's own.
    pub async fn copy(
        &self,
        app: &App,
        signed: &Signed,
        (environment, target): (EnvName, Target),
    ) -> Result<Copy, Problem> {
        let id = self.connection()?;
        let connection = app.keyway.cases.connection(&signed.session, id).await?;
        Ok(Copy {
            connection,
            request: SyncRequest { environment, target },
        })
    }
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// A provider's name for something, as far as this server passes it on.
fn plain(field: &str, text: &str) -> Result<String, Problem> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let good = (1..=128).contains(&text.len()) && text.bytes().all(known) && !text.starts_with('.');
    if !good {
        let rule = "must be 1 to 128 letters, digits, '_', '-' and '.', not starting with '.'";
        return Err(Problem::field(field, rule));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_names_are_plain_words() {
        for text in ["prj_abc", "site-1.netlify.app", "A"] {
            assert!(plain("projectId", text).is_ok(), "{text}");
        }
        for text in ["", "..", ".a", "a/b", "a b", "a:b", "\u{e9}", &"a".repeat(129)] {
            assert!(plain("projectId", text).is_err(), "{text}");
        }
    }

    #[test]
    fn there_are_two_directions() {
        let asked = |query: &str| Asked::in_query(&format!("/x?{query}").parse().unwrap());
        let direction = |query: &str| asked(query).unwrap().direction();
        assert_eq!(direction("").unwrap(), (Direction::Push, false));
        assert_eq!(
            direction("direction=pull&allowDelete=true").unwrap(),
            (Direction::Pull, true)
        );
        assert!(direction("direction=x").is_err());
        assert!(asked("allowDelete=1").is_err());
        assert!(asked("connectionId=1").unwrap().connection().is_err());
    }
}
