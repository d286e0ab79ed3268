//! What is known of a request before any handler runs, shared between the [`super::shell`] and the handler.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{Uri, request::Parts},
};
use coffer_domain::{audit::Origin, id::OrgId};
use jiff::Timestamp;

use super::{request_id::RequestId, transport::Transport};

/// One request's context.
#[derive(Debug)]
pub struct Context {
    /// Its id.
    pub id: RequestId,
    /// The client's address: the network peer, or what a trusted proxy says of its client.
    pub peer: IpAddr,
    /// When it arrived.
    pub arrived: Timestamp,
    /// How it arrived.
    pub transport: Transport,
    /// What was asked for, and the same as the product's own path.
    asked: (Uri, Uri),
    /// The template of the route that matched, once a handler has said so.
    route: OnceLock<MatchedPath>,
    /// Who sent it, once a door has looked.
    signer: OnceLock<Arc<Signer>>,
}

/// Who sent a request, for the request log.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Whose log it goes to.
    pub organization: OrgId,
    /// As the audit log names it.
    pub principal: String,
    /// What kind of credential it was, in the dialect's words.
    pub kind: &'static str,
}

impl Context {
    /// Of a request that has just arrived.
    pub fn new(id: RequestId, peer: IpAddr) -> Self {
        Self {
            id,
            peer,
            arrived: Timestamp::UNIX_EPOCH,
            transport: Transport::default(),
            asked: (Uri::default(), Uri::default()),
            route: OnceLock::new(),
            signer: OnceLock::new(),
        }
    }

    /// The same, of a request for `asked`, which the dialect knows as `own`.
    #[must_use]
    pub fn of(mut self, asked: Uri, own: Uri) -> Self {
        self.asked = (asked, own);
        self
    }

    /// The same, which arrived at this time.
    #[must_use]
    pub fn at(mut self, arrived: Timestamp) -> Self {
        self.arrived = arrived;
        self
    }

    /// The same, which arrived so.
    #[must_use]
    pub fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// The path as it was asked for, mount and trailing slash included.
    pub fn asked_path(&self) -> &str {
        self.asked.0.path()
    }

    /// The path as the dialect documents it.
    pub fn path(&self) -> &str {
        self.asked.1.path()
    }

    /// What came before that in the request: empty where a whole host is the dialect's.
    pub fn mount(&self) -> &str {
        let (asked, own) = &self.asked;
        asked.path().strip_suffix(own.path()).unwrap_or_default()
    }

    /// Says who sent the request, unless that is known.
    pub fn sign(&self, signer: impl FnOnce() -> Signer) {
        self.signer.get_or_init(|| Arc::new(signer()));
    }

    /// Who sent it, if a door has found that out.
    pub fn signer(&self) -> Option<&Arc<Signer>> {
        self.signer.get()
    }

    /// The route's template; `unmatched` when no handler ran.
    pub fn route(&self) -> &str {
        self.route.get().map_or("unmatched", MatchedPath::as_str)
    }

    /// What the audit log is told of where a request came from.
    pub fn origin(&self, door: &'static str) -> Origin {
        Origin {
            door,
            address: Some(self.peer.to_string()),
            request: Some(self.id.as_str().to_owned()),
            agent: None,
        }
    }
}

/// The context of the request being handled.
#[derive(Debug, Clone)]
pub struct RequestContext(pub Arc<Context>);

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = parts
            .extensions
            .get::<Arc<Context>>()
            .cloned()
            .unwrap_or_else(|| Arc::new(Context::new(RequestId::unknown(), IpAddr::from([0, 0, 0, 0]))));
        if let Some(matched) = parts.extensions.get::<MatchedPath>() {
            let _ = context.route.set(matched.clone());
        }
        Ok(Self(context))
    }
}
