//! Where a token is read (`Authorization: Bearer`, then `?token=`), which kind it is, and whose session it is:
//! an API key's, one of this door's own tokens, or one of the forge's.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
    response::Response,
};
use coffer_domain::{
    Error,
    audit::Origin,
    repo_role::Scope,
    secret_value::SecretValue,
    usecase::{
        Caller,
        keyway::{Entered, Session},
    },
};
use serde::Serialize;

use super::{NAME, error::Problem, jwt, model::repo::Repo, notes, page, plan};
use crate::{
    app::App,
    http::{bearer, context::RequestContext, params, query::Query},
};

const MISSING: Error = Error::Unauthenticated("send a token: Authorization: Bearer <token>");

/// The token that a request carries.
pub fn counted(parts: &Parts) -> Option<String> {
    let header = bearer::token(&parts.headers).map(str::to_owned);
    header.or_else(|| {
        let query = Query::lenient(parts.uri.query());
        query
            .text("token")
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
    })
}

/// An authenticated request.
pub struct Signed {
    /// Who sent it.
    pub session: Session,
    /// The request's context.
    pub context: RequestContext,
    /// What its program calls itself.
    pub agent: Option<String>,
    params: RawPathParams,
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let token = counted(parts).ok_or(MISSING)?;
        let session = session(app, &token, &context).await;
        let session = session.inspect_err(|error| app.metrics.refused(NAME, error))?;
        Ok(Self {
            session,
            context,
            agent: notes::agent_of(&parts.headers),
            params: params::of(parts).await?,
        })
    }
}

/// Whose session a token is.
pub async fn session(app: &App, token: &str, context: &RequestContext) -> Result<Session, Error> {
    let cases = &app.keyway.cases;
    if token.starts_with("kw_") || token.starts_with("coffer_") {
        return cases.session_of_key(token, context.0.peer).await;
    }
    if jwt::looks_like(token) {
        let now = app.coffer.clock().now();
        let id = jwt::read(&cases.signing_key().await?, token, now)?;
        return cases.session_of(id).await;
    }
    cases.session_of_forge(&SecretValue::from(token)).await
}

impl Signed {
    /// Where the request came from, for the audit log.
    pub fn origin(&self) -> Origin {
        self.context.0.origin(NAME)
    }

    /// The session as a caller, for what concerns itself.
    pub async fn caller(&self, app: &App) -> Result<Caller, Problem> {
        Ok(app.keyway.cases.caller(&self.session, self.origin()).await?)
    }

    /// Refuses a key without this scope.
    pub async fn scope(&self, app: &App, scope: Scope) -> Result<(), Problem> {
        let cases = &app.keyway.cases;
        Ok(cases
            .require_scope(&self.session, scope, || self.origin())
            .await?)
    }

    /// The repository in the path.
    pub fn repo(&self) -> Result<Repo, Problem> {
        Repo::of(self.param("owner"), self.param("repo"))
    }

    /// A parameter of the path.
    pub fn param(&self, name: &str) -> &str {
        params::get(&self.params, name)
    }

    /// Lets the session into a vault, for something in it. What a plan made read-only is not written to.
    pub async fn enter(&self, app: &App, repo: &Repo, scope: Scope) -> Result<Entered, Problem> {
        self.scope(app, scope).await?;
        let here = self.enter_as(app, repo, false).await?;
        if matches!(scope, Scope::WriteSecrets | Scope::DeleteSecrets) {
            plan::check_writable(app, &here).await?;
        }
        Ok(here)
    }

    /// Lets the session into the vault in the path.
    pub async fn enter_path(&self, app: &App, scope: Scope) -> Result<Entered, Problem> {
        self.enter(app, &self.repo()?, scope).await
    }

    /// Lets the session into a vault; `view`: to see the vault itself.
    pub async fn enter_as(&self, app: &App, repo: &Repo, view: bool) -> Result<Entered, Problem> {
        let names = (repo.owner.as_str(), repo.name.as_str());
        let entered = app.keyway.cases.enter(&self.session, names, view, self.origin());
        Ok(entered.await?)
    }

    /// One thing, in its envelope.
    pub fn one(&self, data: &impl Serialize) -> Response {
        page::one(&self.context, data)
    }

    /// Notes what the session did.
    pub fn note(&self, app: &App, action: &'static str, metadata: notes::Metadata) {
        app.keyway.note(notes::activity(app, self, action, metadata));
    }
}
