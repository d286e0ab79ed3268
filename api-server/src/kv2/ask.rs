//! A request with a good token: who sends it, in which organization, and which path it is about.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
};
use coffer_domain::{
    Error,
    address::{Address, Place},
    name::{EnvName, OrgName, SecretName, VaultName},
    principal::{KeyHolder, Principal},
    record::Kept,
    usecase::{Caller, kv2::Session},
};

use serde_json::Value;

use super::{NAME, error::Fault, input::seconds, token};
use crate::{
    app::App,
    http::{context::RequestContext, params, query::Query},
};

const NAMESPACE: &str = "x-vault-namespace";
const WRAP: &str = "x-vault-wrap-ttl";
/// First segments that no mount can have.
const RESERVED: [&str; 2] = ["sys", "auth"];

/// What kind of token it is.
#[derive(Debug, Clone)]
pub enum Token {
    /// An API key's.
    Key(Arc<KeyHolder>),
    /// A login's.
    Session(Box<Kept<Session>>),
}

/// A request with a good token.
pub struct Ask {
    /// The doors' shared state.
    pub app: Arc<App>,
    /// The request's context.
    pub context: RequestContext,
    /// Who sends it.
    pub caller: Caller,
    /// The organization it is about.
    pub tenant: OrgName,
    /// What kind of token it is.
    pub token: Token,
    mount: String,
    path: String,
    query: Option<String>,
}

impl FromRequestParts<Arc<App>> for Ask {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        refuse_wrapping(&parts.headers)?;
        Self::of(parts, app).await
    }
}

/// One whose answer may be wrapped.
pub struct Wrappable {
    /// The request.
    pub ask: Ask,
    /// For how many seconds its answer is put away, if it is.
    pub seconds: Option<i64>,
}

impl FromRequestParts<Arc<App>> for Wrappable {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let seconds = wrapping(&parts.headers)?;
        let ask = Ask::of(parts, app).await?;
        Ok(Self { ask, seconds })
    }
}

impl Ask {
    async fn of(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let text = token(&parts.headers).ok_or(Error::Unauthenticated("no token"))?;
        let (principal, own, token) = holder(app, text, &context)
            .await
            .inspect_err(|error| app.metrics.refused(NAME, error))?;
        let tenant = tenant(app, &parts.headers, &principal, own).await?;
        let found = params::of(parts).await?;
        Ok(Self {
            app: Arc::clone(app),
            caller: Caller {
                principal,
                origin: context.0.origin(NAME),
            },
            context,
            tenant,
            token,
            mount: params::get(&found, "mount").to_owned(),
            path: params::get(&found, "path").to_owned(),
            query: parts.uri.query().map(str::to_owned),
        })
    }
}

/// Who holds a token, and their organization: the one they belong to, or that the login was for.
async fn holder(
    app: &App,
    text: &str,
    context: &RequestContext,
) -> Result<(Principal, OrgName, Token), Error> {
    const REFUSED: Error = Error::Unauthenticated("the token is not valid");
    if text.starts_with("s.") {
        let standing = app.coffer.session_of(text, context.0.peer).await?;
        if let (Principal::Workload(pod), Some(identity)) = (&standing.principal, &app.identity)
            && !identity.is_live(pod).await.unwrap_or(false)
        {
            return Err(REFUSED);
        }
        let token = Token::Session(Box::new(standing.session));
        return Ok((standing.principal, standing.organization.name, token));
    }
    let principal = app.coffer.authenticate_from(text, Some(context.0.peer)).await?;
    let Principal::ApiKey(key) = &principal else {
        return Err(REFUSED);
    };
    let token = Token::Key(Arc::clone(key));
    let caller = Caller {
        principal: principal.clone(),
        ..Caller::controller()
    };
    let own = app.coffer.own_organization(&caller).await?.ok_or(REFUSED)?;
    Ok((principal, own.name, token))
}

/// The organization that a request names as its namespace, or else its sender's own.
async fn tenant(
    app: &App,
    headers: &HeaderMap,
    principal: &Principal,
    own: OrgName,
) -> Result<OrgName, Fault> {
    let Some(named) = namespace(headers) else {
        return Ok(own);
    };
    let unknown = || Fault::Said(StatusCode::NOT_FOUND, "namespace not found".to_owned());
    let named = OrgName::new(named).map_err(|_| unknown())?;
    if named == own {
        return Ok(own);
    }
    let id = app.coffer.organization_id(&named).await?.ok_or_else(unknown)?;
    // Which vaults let a pod in is each vault's own word.
    let may = matches!(principal, Principal::Workload(_)) || principal.has_part_in(id);
    may.then_some(named).ok_or_else(unknown)
}

/// The organization that a request names; `root` and nothing are its sender's own.
pub fn namespace(headers: &HeaderMap) -> Option<&str> {
    let named = headers.get(NAMESPACE)?.to_str().ok()?.trim_matches('/');
    (!named.is_empty() && named != "root").then_some(named)
}

/// For how many seconds a request wants its answer put away: `60`, `1m0s`.
fn wrapping(headers: &HeaderMap) -> Result<Option<i64>, Fault> {
    let Some(ttl) = headers.get(WRAP) else {
        return Ok(None);
    };
    let text = ttl.to_str().unwrap_or("?");
    match seconds(&Value::from(text)) {
        _ if text.is_empty() => Ok(None),
        Some(0) => Ok(None),
        Some(seconds) => Ok(Some(seconds)),
        None => Err(Fault::bad(
            "X-Vault-Wrap-TTL must be a length of time such as 60 or 1m",
        )),
    }
}

/// An answer that should be wrapped must not come unwrapped.
pub fn refuse_wrapping(headers: &HeaderMap) -> Result<(), Fault> {
    match wrapping(headers)? {
        None => Ok(()),
        Some(_) => Err(Fault::bad("this answer is not wrapped here; values are")),
    }
}

/// The vault of a mount.
pub fn vault(mount: &str) -> Result<VaultName, Fault> {
    if RESERVED.contains(&mount) {
        return Err(Fault::Unrouted);
    }
    VaultName::new(mount).map_err(|_| Fault::Unrouted)
}

impl Ask {
    /// The mount's vault, where this door's secrets are.
    pub fn place(&self) -> Result<Place, Fault> {
        Ok(Place {
            organization: self.tenant.clone(),
            vault: vault(&self.mount)?,
            environment: EnvName::default_environment(),
        })
    }

    /// The secret that it is about.
    pub fn address(&self) -> Result<Address, Fault> {
        let place = self.place()?;
        Ok(place.secret(SecretName::new(self.path.as_str())?))
    }

    /// What follows the route's own part of the path.
    pub fn rest(&self) -> &str {
        &self.path
    }

    /// What its query says.
    pub fn query(&self) -> Query<'_> {
        Query::lenient(self.query.as_deref())
    }
}
