//! Who sends a request: the holder of an API key, the subject of an issuer's token, or, where no credential is asked
//! for, anybody on this machine; and what that lets them do.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use coffer_domain::{
    Error,
    id::OrgId,
    name::{EnvName, OrgName},
    pattern::Pattern,
    principal::{External, Principal},
    provider::Actor,
    rights::Grant,
    usecase::Caller,
};
use jiff::Timestamp;

use super::{
    Door, NAME,
    error::Failure,
    local::is_local,
    op::Op,
    sender::{Credential, Identity},
    settings::Mounts,
    token::{self, Token},
};
use crate::{app::App, http::context::RequestContext};

/// The longest name of a run, node or system that is kept.
const LONGEST_MARK: usize = 128;

/// Whose request it is.
#[derive(Debug, Clone)]
enum Who {
    Anybody,
    Key(Principal),
    Subject(Token),
    Certified(Identity),
}

/// An authenticated request.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The request's context.
    pub context: RequestContext,
    /// The tenant.
    pub tenant: OrgName,
    /// What the request says of where it comes from.
    pub marks: Marks,
    home: OrgId,
    who: Who,
    certificate: Option<String>,
}

/// What a request says of where it comes from, as far as it is plain text.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// `X-Workflow-Run-ID`
    pub run: Option<String>,
    /// `X-Node-ID`
    pub node: Option<String>,
    /// `X-System-ID`
    pub system: Option<String>,
    /// The trace of `traceparent` (W3C Trace Context).
    pub trace: Option<String>,
    /// Its span.
    pub span: Option<String>,
}

impl Marks {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?;
            let plain = text.len() <= LONGEST_MARK && text.bytes().all(|byte| byte.is_ascii_graphic());
            (plain && !text.is_empty()).then(|| text.to_owned())
        };
        let traced = text("traceparent").unwrap_or_default();
        let parts: Vec<&str> = traced.split('-').collect();
        let part = |at: usize, length: usize| {
            let part = parts.get(at).filter(|_| parts.len() == 4)?;
            let good = part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            good.then(|| (*part).to_owned())
        };
        Self {
            run: text("x-workflow-run-id"),
            node: text("x-node-id"),
            system: text("x-system-id"),
            trace: part(1, 32),
            span: part(2, 16),
        }
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let door = &app.canonical;
        let shown = authenticate(app, door, parts, &context).await;
        let (who, certificate) = shown.inspect_err(|failure| {
            if failure.status() == 401 {
                app.metrics.refused(NAME, &Error::Unauthenticated("refused"));
            }
        })?;
        let (tenant, home) = tenant(app, door, &who).await?;
        Ok(Self {
            marks: Marks::of(&parts.headers),
            context,
            tenant,
            home,
            who,
            certificate,
        })
    }
}

/// Who sends a request, and the thumbprint of the certificate that it has shown.
async fn authenticate(
    app: &App,
    door: &Door,
    parts: &Parts,
    context: &RequestContext,
) -> Result<(Who, Option<String>), Failure> {
    let now = app.coffer.clock().now();
    if let Some(identity) = door.senders.identified(parts, &context.0, now)? {
        door.meters.certified();
        let thumbprint = identity.thumbprint.clone();
        return Ok((Who::Certified(identity), Some(thumbprint)));
    }
    let credential = Credential::of(&parts.headers);
    let who = who(app, door, parts, context, credential).await?;
    let sent = match &who {
        Who::Subject(token) => credential.map(|credential| (credential, &token.bound)),
        Who::Anybody | Who::Key(_) | Who::Certified(_) => None,
    };
    let certificate = door.senders.admit(parts, &context.0, sent, now)?;
    if certificate.is_some() {
        door.meters.certified();
    }
    Ok((who, certificate))
}

async fn who(
    app: &App,
    door: &Door,
    parts: &Parts,
    context: &RequestContext,
    credential: Option<Credential<'_>>,
) -> Result<Who, Failure> {
    let Some(Credential { text, bound }) = credential else {
        let open = !door.settings.require_auth && is_local(context.0.peer, &parts.headers);
        let message = "send a token: Authorization: Bearer <token>";
        return open
            .then_some(Who::Anybody)
            .ok_or_else(|| Failure::unauthenticated(message, false));
    };
    if text.starts_with("coffer_") && !bound {
        return Ok(Who::Key(
            app.coffer.authenticate_from(text, Some(context.0.peer)).await?,
        ));
    }
    if !door.settings.require_auth
        && door.settings.issuer.is_none()
        && is_local(context.0.peer, &parts.headers)
    {
        return Ok(Who::Anybody);
    }
    Ok(Who::Subject(
        token::read(door, text, app.coffer.clock().now()).await?,
    ))
}

async fn tenant(app: &App, door: &Door, who: &Who) -> Result<(OrgName, OrgId), Failure> {
    let name = match who {
        Who::Anybody => door.settings.tenant.clone(),
        Who::Subject(token) => door.settings.tenant_named(token.tenant.as_deref())?,
        Who::Certified(identity) => {
            let named = identity.tenant.as_ref().map(OrgName::as_str);
            door.settings.tenant_named(named)?
        }
        Who::Key(principal) => {
            let caller = Caller {
                principal: principal.clone(),
                ..Caller::controller()
            };
            let own = app.coffer.own_organization(&caller).await?;
            let own = own.ok_or_else(|| Failure::unauthenticated("the token is not valid", true))?;
            return Ok((own.name, own.id));
        }
    };
    let id = app
        .coffer
        .organization_id(&name)
        .await?
        .ok_or_else(Failure::mount)?;
    Ok((name, id))
}

impl Signed {
    /// Refuses a token without the scopes of an operation.
    pub fn require(&self, door: &Door, op: Op) -> Result<(), Failure> {
        let scopes = match &self.who {
            Who::Subject(token) => &token.scopes,
            Who::Certified(identity) => &identity.scopes,
            Who::Anybody | Who::Key(_) => return Ok(()),
        };
        let lacks = |scope: &&str| !scopes.contains(*scope);
        if door.settings.enforce_scopes && op.scopes().iter().any(lacks) {
            return Err(Failure::scope(op.scopes()));
        }
        Ok(())
    }

    /// Whether a mount is one of the tenant's. An API key without more said has those that its grants name.
    pub fn has_mount(&self, door: &Door, mount: &str) -> bool {
        if matches!((&self.who, &door.settings.mounts), (Who::Key(_), Mounts::Usual)) {
            return true;
        }
        door.settings
            .mounts_of(&self.tenant)
            .iter()
            .any(|known| known.as_str() == mount)
    }

    /// The sender, with what the scopes of this operation amount to on the tenant's mounts.
    pub fn actor(&self, door: &Door, op: Op) -> Actor {
        let external = |name: &str| {
            Principal::External(External {
                name: name.to_owned(),
                home: self.home,
                grants: self.grants(door, op),
            })
        };
        let principal = match &self.who {
            Who::Anybody => external("anonymous"),
            Who::Subject(token) => external(&token.subject),
            Who::Certified(identity) => external(&identity.subject),
            Who::Key(principal) => principal.clone(),
        };
        Actor {
            caller: Caller {
                principal,
                origin: self.context.0.origin(NAME),
            },
            tenant: self.tenant.clone(),
            subject: self.subject(),
        }
    }

    fn grants(&self, door: &Door, op: Op) -> Vec<Grant> {
        let grant = |mount: coffer_domain::name::VaultName| Grant {
            permissions: op.permissions().iter().copied().collect(),
            vault: Pattern::new(mount.as_str()),
            environment: Pattern::new(EnvName::default_environment().as_str()),
            names: vec![Pattern::any()],
        };
        door.settings
            .mounts_of(&self.tenant)
            .into_iter()
            .map(grant)
            .collect()
    }

    /// The sender's name; `None`: anonymous.
    pub fn subject(&self) -> Option<String> {
        match &self.who {
            Who::Anybody => None,
            Who::Subject(token) => Some(token.subject.clone()),
            Who::Certified(identity) => Some(identity.subject.clone()),
            Who::Key(principal) => Some(format!("auth:service:coffer:{}", principal.describe())),
        }
    }

    /// The sender's token, if an issuer made it.
    pub fn token(&self) -> Option<&Token> {
        match &self.who {
            Who::Subject(token) => Some(token),
            Who::Anybody | Who::Key(_) | Who::Certified(_) => None,
        }
    }

    /// The thumbprint of the certificate that it has shown, where certificates count.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// What the sender is known by to a policy: what its token is bound to, or its certificate.
    pub fn binding(&self) -> Option<&str> {
        match &self.who {
            Who::Subject(token) => token.bound.name(),
            Who::Certified(identity) => Some(&identity.thumbprint),
            Who::Anybody | Who::Key(_) => None,
        }
    }

    /// Takes note that its token is used for `op`; refuses what was copied.
    pub fn note_use(&self, door: &Door, op: Op, now: Timestamp) -> Result<(), Failure> {
        let certificate = self.certificate.as_deref();
        let noted = self
            .token()
            .map(|token| door.uses.note(token, certificate, op, now));
        noted.unwrap_or(Ok(()))
    }

    /// Refuses whoever may not see what others do: a key without the right to read the audit log.
    pub async fn require_overview(&self, app: &App) -> Result<(), Failure> {
        self.require(&app.canonical, Op::Metadata)?;
        if let Who::Key(_) = self.who {
            let caller = self.actor(&app.canonical, Op::Metadata).caller;
            app.coffer.read_audit(&caller, &self.tenant, 0, 1).await?;
        }
        Ok(())
    }
}
