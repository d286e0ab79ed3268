//! What every handler can reach.

use std::sync::Arc;

use coffer_domain::{Error, api_key::ApiToken, principal::Principal, usecase::Coffer};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    agent::{Hub, StreamSettings, seats::Seats},
    http::{rate::Failures, request_log::RequestLog},
    identity::{Notices, WorkloadIdentity},
    metrics::Metrics,
};

/// The doors' shared state.
pub struct App {
    /// The one way in.
    pub coffer: Coffer,
    /// Who verifies pods' tokens, where pods are let in.
    pub identity: Option<Arc<WorkloadIdentity>>,
    /// Where refused deliveries are told.
    pub notices: Arc<dyn Notices>,
    /// The certificates that clients should trust, PEM.
    pub trust: Option<watch::Receiver<String>>,
    /// Who wakes the streams.
    pub hub: Arc<Hub>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// How streams behave.
    pub streams: StreamSettings,
    /// How many of them each namespace has.
    pub seats: Seats,
    /// Refused credentials, by address.
    pub failures: Failures,
    /// The Keyway door.
    pub keyway: crate::keyway::Door,
    /// What the Canonical door shares.
    pub canonical: crate::canonical::Door,
    /// The KeyNest door.
    pub keynest: crate::keynest::Door,
    /// The door for programs that act for people.
    pub mcp: crate::mcp::Door,
    /// Requests whose lines are not kept yet.
    pub requests: RequestLog,
}

/// Who a credential stands for, and until when.
#[derive(Debug)]
pub struct Authenticated {
    /// The principal.
    pub principal: Principal,
    /// When the credential ends, if it says so itself.
    pub until: Option<Timestamp>,
}

impl App {
    /// The holder of a bearer token: an API key's, or a pod's service-account token.
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, Error> {
        if ApiToken::is_ours(token) {
            let principal = self.coffer.authenticate(token).await?;
            return Ok(Authenticated {
                principal,
                until: None,
            });
        }
        let Some(identity) = &self.identity else {
            return Err(Error::Unauthenticated("the token is not an API key"));
        };
        let verified = identity.verify(token, self.coffer.clock().now()).await?;
        Ok(Authenticated {
            principal: Principal::Workload(verified.workload),
            until: Some(verified.until),
        })
    }
}
