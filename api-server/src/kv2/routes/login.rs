//! `/v1/auth/<way>/login`: what is good elsewhere becomes a token of this door. An API key by its id and its token, a pod
//! by its service account's token, a subject by its issuer's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::{
    Error,
    name::{EnvName, OrgName, VaultName},
    pattern::Pattern,
    principal::{External, Principal},
    rights::{Grant, Permission},
    usecase::{
        Caller,
        kv2::{Holder, NewSession, Opened},
    },
};

use super::token::shown;
use crate::{
    app::App,
    canonical::{self, op::Op},
    http::context::RequestContext,
    kv2::{
        NAME,
        ask::{namespace, refuse_wrapping},
        envelope,
        error::Fault,
        input::Input,
    },
};

/// What scopes of a token can amount to here.
const OPS: [Op; 6] = [
    Op::Read,
    Op::Write,
    Op::Delete,
    Op::Destroy,
    Op::Rotate,
    Op::Metadata,
];
/// The longest name of a role that is kept.
const LONGEST_ROLE: usize = 128;

/// By an API key: its id is the role's, its token the secret.
pub async fn approle(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    refuse_wrapping(&headers)?;
    let (id, secret) = (input.text("role_id")?, input.text("secret_id")?);
    let origin = context.0.origin(NAME);
    let opened = app
        .coffer
        .open_key_session((id, secret), context.0.peer, &origin, "auth/approle/login")
        .await;
    let opened = opened.inspect_err(|error| app.metrics.refused(NAME, error));
    match opened {
        Err(Error::Unauthenticated(_)) => Err(Fault::Credential("invalid role or secret ID")),
        done => Ok(answer(&context, &done?)),
    }
}

/// By a pod's service account.
pub async fn kubernetes(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    refuse_wrapping(&headers)?;
    let role = role(&input)?;
    let jwt = input.text("jwt")?;
    let unset = "the kubernetes login is not configured on this server";
    let identity = app.identity.as_ref().ok_or_else(|| Fault::bad(unset))?;
    let verified = identity.verify(jwt, app.coffer.clock().now()).await;
    let verified = verified.inspect_err(|error| app.metrics.refused(NAME, error))?;
    let pod = verified.workload;
    let named = namespace(&headers).unwrap_or(pod.namespace.as_str());
    let tenant = OrgName::new(named).map_err(|_| denied())?;
    let organization = app.coffer.organization_id(&tenant).await?.ok_or_else(denied)?;
    let meta = BTreeMap::from([
        ("role".to_owned(), role),
        ("service_account_name".to_owned(), pod.service_account.clone()),
        ("service_account_namespace".to_owned(), pod.namespace.clone()),
        ("service_account_secret_name".to_owned(), String::new()),
        ("service_account_uid".to_owned(), String::new()),
    ]);
    let new = NewSession {
        holder: Holder::Pod(pod.clone()),
        organization,
        path: "auth/kubernetes/login".to_owned(),
        display: format!("kubernetes-{}-{}", pod.namespace, pod.service_account),
        meta,
        until: Some(verified.until),
    };
    open(&app, &context, Principal::Workload(pod), new).await
}

/// By a token of the issuer that the canonical door trusts, for what its scopes amount to there.
pub async fn jwt(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, Fault> {
    refuse_wrapping(&headers)?;
    let role = role(&input)?;
    let text = input.text("jwt").map_err(|_| Fault::bad("missing token"))?;
    let door = &app.canonical;
    if door.settings.policy.is_some() {
        // It would be asked at one door and not at the other.
        return Err(Fault::bad(
            "the jwt login is not served beside a policy decision point",
        ));
    }
    let subject = subject(&app, text).await?;
    let new = NewSession {
        holder: Holder::Subject {
            name: subject.name.clone(),
            grants: subject.grants.clone(),
        },
        organization: subject.home,
        path: "auth/jwt/login".to_owned(),
        display: format!("jwt-{}", subject.name),
        meta: BTreeMap::from([("role".to_owned(), role)]),
        until: None,
    };
    open(&app, &context, Principal::External(subject), new).await
}

/// The subject of a token that is good, with what its scopes amount to on the mounts of its tenant.
async fn subject(app: &App, text: &str) -> Result<External, Fault> {
    let door = &app.canonical;
    let read = canonical::token::read(door, text, app.coffer.clock().now()).await;
    let invalid = |_| Fault::Credential("error validating token: it is not valid here");
    let token = read.map_err(invalid)?;
    if token.bound.name().is_some() {
        return Err(Fault::Credential(
            "error validating token: it is bound to its sender, and no proof of that is taken here",
        ));
    }
    let tenant = door
        .settings
        .tenant_named(token.tenant.as_deref())
        .map_err(|_| Fault::bad("error validating claims: no such tenant"))?;
    let home = app.coffer.organization_id(&tenant).await?.ok_or_else(denied)?;
    let held = |op: &Op| {
        let enough = op.scopes().iter().all(|scope| token.scopes.contains(*scope));
        enough || !door.settings.enforce_scopes
    };
    let held = OPS.into_iter().filter(held);
    let permissions: BTreeSet<Permission> = held.flat_map(Op::permissions).copied().collect();
    let grant = |mount: VaultName| Grant {
        permissions: permissions.clone(),
        vault: Pattern::new(mount.as_str()),
        environment: Pattern::new(EnvName::default_environment().as_str()),
        names: vec![Pattern::any()],
    };
    let mounts = door.settings.mounts_of(&tenant);
    Ok(External {
        name: token.subject,
        home,
        grants: mounts.into_iter().map(grant).collect(),
    })
}

async fn open(
    app: &App,
    context: &RequestContext,
    principal: Principal,
    new: NewSession,
) -> Result<Response, Fault> {
    let caller = Caller {
        principal,
        origin: context.0.origin(NAME),
    };
    Ok(answer(context, &app.coffer.open_session(&caller, new).await?))
}

fn answer(context: &RequestContext, opened: &Opened) -> Response {
    let text = String::from_utf8_lossy(opened.token.secret().reveal());
    let session = &opened.session;
    envelope::auth(context, shown(&text, session, session.created_at))
}

/// The role that a login names. It is a label: what may be done is what the holder may do.
fn role(input: &Input) -> Result<String, Fault> {
    let role = input.text("role")?;
    let plain = role.len() <= LONGEST_ROLE && role.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        return Ok(role.to_owned());
    }
    Err(Fault::bad("invalid role name"))
}

fn denied() -> Fault {
    Fault::Said(StatusCode::FORBIDDEN, "permission denied".to_owned())
}
