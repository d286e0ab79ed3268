//! `AdmissionReview` (admission.k8s.io/v1), in and out. A body that is not one is an error; a review of
//! anything but a new pod that opted in is allowed as it is, whatever it holds. Nothing of a pod is logged.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    annotation::{self, INJECT},
    decide::{Context, Injected, decide},
    denied::Denied,
    view::{Head, Metadata, Pod, Text},
};

/// What became of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The pod gets an agent.
    Injected,
    /// The pod has one already.
    AlreadyInjected,
    /// Not a new pod, or one that did not opt in.
    NotAsked,
    /// Refused, with a reason.
    Denied,
    /// Not a review.
    Malformed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Injected,
        Self::AlreadyInjected,
        Self::NotAsked,
        Self::Denied,
        Self::Malformed,
    ];

    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::AlreadyInjected => "already_injected",
            Self::NotAsked => "not_asked",
            Self::Denied => "denied",
            Self::Malformed => "malformed",
        }
    }
}

/// The body is not a review that can be answered.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not JSON of the right shape.
    #[error("the body is not an AdmissionReview of admission.k8s.io/v1: {0}")]
    Envelope(#[source] serde_json::Error),
    /// Another kind or version, or no request.
    #[error("the body is not an AdmissionReview of admission.k8s.io/v1 with a request that has a uid")]
    Kind,
    /// The pod inside is not one.
    #[error("request.object is not a pod: {0}")]
    Pod(#[source] serde_json::Error),
    /// The answer could not be written.
    #[error("the answer is not JSON: {0}")]
    Answer(#[source] serde_json::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow)]
    api_version: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    #[serde(borrow)]
    resource: Resource<'a>,
    #[serde(borrow)]
    sub_resource: Option<Text<'a>>,
    #[serde(borrow)]
    operation: Text<'a>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    group: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    resource: Text<'a>,
}

impl<'a> Request<'a> {
    /// The new pod, if that is what it is about.
    fn new_pod(&self) -> Option<&'a RawValue> {
        let resource = &self.resource;
        let pods = resource.group == *"" && resource.version == *"v1" && resource.resource == *"pods";
        let whole = self.sub_resource.as_ref().is_none_or(|sub| sub == "");
        if pods && whole && self.operation == *"CREATE" {
            self.object
        } else {
            None
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Status {
    code: u16,
    reason: &'static str,
    message: String,
}

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// Answers one review; `context.namespace` is filled in from the request.
pub fn answer(body: &[u8], context: Context<'_>) -> Result<(Vec<u8>, Outcome), Malformed> {
    let review: Review<'_> = serde_json::from_slice(body).map_err(Malformed::Envelope)?;
    let known = review.api_version == *API_VERSION && review.kind == *KIND;
    let request = review
        .request
        .filter(|request| known && !request.uid.as_str().is_empty())
        .ok_or(Malformed::Kind)?;
    let uid = request.uid.as_str();
    let (response, outcome) = match judge(&request, context)? {
        Verdict::NotAsked(warnings) => (
            Response {
                uid,
                allowed: true,
                warnings,
                ..Response::default()
            },
            Outcome::NotAsked,
        ),
        Verdict::Decided(injected) => allowed(uid, injected)?,
        Verdict::Denied(denied) => (refused(uid, &denied), Outcome::Denied),
    };
    let answer = Answer {
        api_version: API_VERSION,
        kind: KIND,
        response,
    };
    Ok((json(&answer)?, outcome))
}

/// As JSON, in a buffer that seldom has to grow.
fn json(value: &impl Serialize) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut bytes, value).map_err(Malformed::Answer)?;
    Ok(bytes)
}

enum Verdict {
    NotAsked(Vec<String>),
    Decided(Injected),
    Denied(Denied),
}

impl From<Result<Injected, Denied>> for Verdict {
    fn from(result: Result<Injected, Denied>) -> Self {
        result.map_or_else(Self::Denied, Self::Decided)
    }
}

impl From<Denied> for Verdict {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// kubelet's own record of a static pod: already running, and not ours to change.
const MIRROR: &str = "kubernetes.io/config.mirror";

fn judge(request: &Request<'_>, context: Context<'_>) -> Result<Verdict, Malformed> {
    let Some(object) = request.new_pod() else {
        return Ok(Verdict::NotAsked(Vec::new()));
    };
    match serde_json::from_str::<Pod<'_>>(object.get()) {
        Ok(pod) => Ok(not_asked(&pod.metadata).unwrap_or_else(|| judge_asking(&pod, request, context))),
        // However odd a pod is, it is not this program that stops it unless it asks.
        Err(error) => {
            let head: Head<'_> = serde_json::from_str(object.get()).map_err(Malformed::Pod)?;
            not_asked(&head.metadata).ok_or(Malformed::Pod(error))
        }
    }
}

/// The verdict on a pod that does not ask, or not in a way that can be understood.
fn not_asked(metadata: &Metadata<'_>) -> Option<Verdict> {
    match annotation::opted_in(metadata) {
        Ok(true) if metadata.annotation(MIRROR).is_none() => None,
        Ok(_) => Some(Verdict::NotAsked(without_effect(metadata))),
        Err(denied) => Some(Verdict::Denied(denied)),
    }
}

fn judge_asking(pod: &Pod<'_>, request: &Request<'_>, context: Context<'_>) -> Verdict {
    match request.namespace.as_ref().map_or("", Text::as_str) {
        "" => Denied::new(
            "request.namespace",
            "the pod has no namespace",
            "create it in one",
        )
        .into(),
        namespace => decide(pod, Context { namespace, ..context }).into(),
    }
}

/// Our annotations on a pod that did not opt in are most likely meant to do something.
fn without_effect(metadata: &Metadata<'_>) -> Vec<String> {
    if metadata.annotation(INJECT).is_some() || !annotation::has_any(metadata) {
        return Vec::new();
    }
    vec![format!(
        "{}*: no effect without {INJECT}: \"true\"",
        annotation::PREFIX
    )]
}

/// The API server cuts longer warnings.
const LONGEST_WARNING: usize = 256;
const MOST_WARNINGS: usize = 12;

fn allowed(uid: &str, injected: Injected) -> Result<(Response<'_>, Outcome), Malformed> {
    let Injected { patch, mut warnings } = injected;
    warnings.truncate(MOST_WARNINGS);
    for warning in &mut warnings {
        *warning = warning.chars().take(LONGEST_WARNING).collect();
    }
    let response = Response {
        uid,
        allowed: true,
        warnings,
        ..Response::default()
    };
    if patch.is_empty() {
        return Ok((response, Outcome::AlreadyInjected));
    }
    let patch = BASE64_STANDARD.encode(json(&patch)?);
    Ok((
        Response {
            patch_type: Some("JSONPatch"),
            patch: Some(patch),
            ..response
        },
        Outcome::Injected,
    ))
}

fn refused<'a>(uid: &'a str, denied: &Denied) -> Response<'a> {
    let status = Status {
        code: 403,
        reason: "Forbidden",
        message: denied.to_string(),
    };
    Response {
        uid,
        status: Some(status),
        ..Response::default()
    }
}
