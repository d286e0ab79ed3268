//! `POST /coffer/v1/bundle/key` and `…/current`: on a listener of its own, so that no number of pods stands in the way
//! of a review.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use coffer_wire::{
    Failure, SecretValue,
    bundle::{BundleIdentity, CURRENT_PATH, Header, KEY_PATH, KeyAnswer, KeyRequest},
};
use jiff::Timestamp;
use k8s_openapi::api::{
    authentication::v1::{TokenReview, TokenReviewSpec},
    core::v1::Pod,
};
use kube::{Api, Client, api::PostParams};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    claim::{self, Claim},
    decide::{self, Refusal},
    mark::{self, Mark},
    root,
};
use crate::{certificate::keeper::Clock, metrics::Metrics, watch::Shared};

/// The largest body, in bytes: 1000 names.
const LARGEST_BODY: usize = 512 * 1024;
/// The longest a request may take, the API server's answers among it.
const DEADLINE: Duration = Duration::from_secs(8);
/// The most requests at work at once; further ones wait.
const MOST_AT_WORK: usize = 16;

/// What became of a request, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A key was given out: a pod starts with older values.
    Given,
    /// A pod says that it holds the present values.
    Current,
    /// Refused.
    Refused,
    /// The API server or the root key was not there.
    Unavailable,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Given, Self::Current, Self::Refused, Self::Unavailable];

    /// As the label says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Current => "current",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What keys are given out from.
pub struct Keys {
    /// Talks to the API server.
    pub client: Client,
    /// The directory of the root keys.
    pub root: PathBuf,
    /// The audience of the agents' tokens.
    pub audience: String,
    /// This pod's name, for Events.
    pub instance: String,
    /// What is known of vaults.
    pub known: Shared,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    at_work: Semaphore,
}

impl Keys {
    /// Puts it together.
    pub fn new(
        client: Client,
        root: PathBuf,
        audience: String,
        instance: String,
        known: Shared,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> Self {
        Self {
            client,
            root,
            audience,
            instance,
            known,
            metrics,
            clock,
            at_work: Semaphore::new(MOST_AT_WORK),
        }
    }

    async fn key(&self, headers: &HeaderMap, body: &[u8]) -> Result<KeyAnswer, Answer> {
        let request: KeyRequest = serde_json::from_slice(body).map_err(|_| Answer::Malformed)?;
        let header = Header::parse(&request.header).ok_or(Answer::Malformed)?;
        let claim = self.claim(headers).await?;
        self.pod(&claim).await?;
        let now = (self.clock)();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        decide::check_vault(&claim, &request.content, &header, &self.known.read(), seconds)?;
        let keys = root::read(&self.root)
            .await
            .map_err(|error| Answer::unavailable(&error))?;
        let identity = BundleIdentity {
            namespace: claim.namespace.clone(),
            service_account: claim.service_account.clone(),
            content: request.content,
        };
        let key = keys.derive(&header, &identity).ok_or(Answer::Generation)?;
        // Whoever gets a key is marked first: no pod starts so without a trace.
        self.mark(&claim, Mark::Stale(header.issued), now).await?;
        let (namespace, pod) = (&claim.namespace, &claim.pod);
        tracing::warn!(namespace, pod, "a pod starts with the values of its bundle");
        Ok(KeyAnswer {
            key: SecretValue::new(key.to_vec()),
        })
    }

    async fn current(&self, headers: &HeaderMap) -> Result<(), Answer> {
        let claim = self.claim(headers).await?;
        let pod = self.pod(&claim).await?;
        if mark::is_stale(&pod) {
            self.mark(&claim, Mark::Current, (self.clock)()).await?;
        }
        Ok(())
    }

    async fn claim(&self, headers: &HeaderMap) -> Result<Claim, Answer> {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Answer::Token)?;
        let review = TokenReview {
            spec: TokenReviewSpec {
                audiences: Some(vec![self.audience.clone()]),
                token: token.to_owned(),
            },
            ..TokenReview::default()
        };
        let api: Api<TokenReview> = Api::all(self.client.clone());
        let reviewed = api.create(&PostParams::default(), &review).await;
        let status = reviewed.map_err(|error| Answer::unavailable(&error))?.status;
        let status = status.ok_or(Answer::Token)?;
        claim::read(&status, &self.audience).ok_or(Answer::Token)
    }

    async fn pod(&self, claim: &Claim) -> Result<Pod, Answer> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &claim.namespace);
        let found = api
            .get_opt(&claim.pod)
            .await
            .map_err(|error| Answer::unavailable(&error))?;
        let pod = found.ok_or(Refusal::Pod)?;
        decide::check_pod(claim, &pod)?;
        Ok(pod)
    }

    async fn mark(&self, claim: &Claim, mark: Mark, now: Timestamp) -> Result<(), Answer> {
        let written = mark::write(&self.client, &self.instance, claim, mark, now).await;
        written.map_err(|error| Answer::unavailable(&error))
    }
}

/// Everything but success.
#[derive(Debug)]
enum Answer {
    Malformed,
    Token,
    Refused(Refusal),
    Generation,
    Unavailable(String),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Answer {
    fn unavailable(error: &dyn std::fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }

    fn parts(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "the request is not of this version".to_owned(),
            ),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "not a token of a live pod for this audience".to_owned(),
            ),
            Self::Refused(refusal) => (StatusCode::FORBIDDEN, "refused", refusal.to_string()),
            Self::Generation => {
                let message = "the bundle was sealed under a root key that is not in use any more";
                (StatusCode::FORBIDDEN, "refused", message.to_owned())
            }
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the cluster does not answer; try again".to_owned(),
            ),
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Unavailable(_) => Outcome::Unavailable,
            _ => Outcome::Refused,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if let Self::Unavailable(error) = &self {
            tracing::warn!(error, "the key of a bundle could not be given out");
        }
        let (status, code, message) = self.parts();
        let failure = Failure {
            code: code.to_owned(),
            message,
            names: Vec::new(),
        };
        (status, axum::Json(failure)).into_response()
    }
}

/// The two routes.
pub fn router(keys: Arc<Keys>) -> Router {
    Router::new()
        .route(KEY_PATH, post(give_key))
        .route(CURRENT_PATH, post(take_word))
        .with_state(keys)
}

async fn give_key(State(keys): State<Arc<Keys>>, headers: HeaderMap, body: Body) -> Response {
    let work = async {
        let body = to_bytes(body, LARGEST_BODY)
            .await
            .map_err(|_| Answer::Malformed)?;
        keys.key(&headers, &body).await
    };
    match Box::pin(bounded(&keys, work)).await {
        Ok(answer) => {
            keys.metrics.count_bundle(Outcome::Given);
            axum::Json(answer).into_response()
        }
        Err(answer) => refused(&keys, answer),
    }
}

async fn take_word(State(keys): State<Arc<Keys>>, headers: HeaderMap) -> Response {
    match Box::pin(bounded(&keys, keys.current(&headers))).await {
        Ok(()) => {
            keys.metrics.count_bundle(Outcome::Current);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(answer) => refused(&keys, answer),
    }
}

fn refused(keys: &Keys, answer: Answer) -> Response {
    keys.metrics.count_bundle(answer.outcome());
    answer.into_response()
}

async fn bounded<T>(keys: &Keys, work: impl Future<Output = Result<T, Answer>>) -> Result<T, Answer> {
    let bounded = async {
        let _permit = keys
            .at_work
            .acquire()
            .await
            .map_err(|error| Answer::unavailable(&error))?;
        work.await
    };
    let late = |_| Answer::Unavailable("it took too long".to_owned());
    timeout(DEADLINE, bounded).await.map_err(late)?
}
