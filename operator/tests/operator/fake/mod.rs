//! A Kubernetes API server in memory: enough of its rules for the operator not to notice. Resource
//! versions, generations, uids, finalizers, the status subresource, merge patches with preconditions,
//! field ownership of Secrets' data, owner garbage collection, lists, watches with selectors.

mod body;
mod object;
mod path;
mod reply;
mod state;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use hyper::{Method, Request, Response};
use kube::Client;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tower::service_fn;

pub use self::path::Target;
use self::{body::Reply, state::State};

/// One request, as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub target: Target,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn is_write(&self) -> bool {
        self.method != Method::GET
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refused before anything is done.
    Refused,
    /// Done, and the answer is lost.
    Lost,
}

#[derive(Clone)]
pub struct Fake(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    seen: Mutex<Vec<Seen>>,
    /// The write of this number, counted from when it was set, goes wrong.
    fault: Mutex<Option<(usize, Fault)>>,
    writes: AtomicUsize,
    fault_hit: AtomicBool,
    forbidden: Mutex<Vec<(String, String)>>,
}

impl Fake {
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State::default()),
            changed: watch::Sender::new(0),
            seen: Mutex::default(),
            fault: Mutex::default(),
            writes: AtomicUsize::default(),
            fault_hit: AtomicBool::default(),
            forbidden: Mutex::default(),
        }))
    }

    pub fn client(&self) -> Client {
        let fake = self.clone();
        let service = service_fn(move |request: Request<kube::client::Body>| {
            let fake = fake.clone();
            async move { Ok::<_, Infallible>(fake.answer(request).await) }
        });
        Client::new(service, "default")
    }

    /// The `at`th write from now on goes wrong, once.
    pub fn fail(&self, at: usize, fault: Fault) {
        self.0.writes.store(0, Ordering::SeqCst);
        self.0.fault_hit.store(false, Ordering::SeqCst);
        *self.0.fault.lock() = Some((at, fault));
    }

    pub fn fault_was_hit(&self) -> bool {
        self.0.fault_hit.load(Ordering::SeqCst)
    }

    /// Requests for `plural` in `namespace` are refused with 403.
    pub fn forbid(&self, namespace: &str, plural: &str) {
        self.0
            .forbidden
            .lock()
            .push((namespace.to_owned(), plural.to_owned()));
    }

    /// What was asked so far, watches aside; forgets it.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.seen.lock())
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.0.seen.lock().clone()
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// As `kubectl apply` would: creates, or replaces everything but the status.
    pub fn apply(&self, plural: &str, object: Value) -> Value {
        self.act(|state| state.apply(plural, object, "kubectl"))
    }

    pub fn patch(&self, plural: &str, namespace: &str, name: &str, patch: Value, manager: &str) -> Value {
        let target = Target::named(plural, namespace, name);
        self.act(|state| state.patch(&target, &patch, manager))
            .expect("the patch is taken")
    }

    pub fn delete(&self, plural: &str, namespace: &str, name: &str) {
        let target = Target::named(plural, namespace, name);
        self.act(|state| state.delete(&target, &Value::Null))
            .expect("it is there");
    }

    pub fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.0
            .state
            .lock()
            .get(&Target::named(plural, namespace, name))
            .cloned()
    }

    pub fn list(&self, plural: &str) -> Vec<Value> {
        self.0
            .state
            .lock()
            .list(&Target::all(plural))
            .into_iter()
            .cloned()
            .collect()
    }

    fn act<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock();
        let result = act(&mut state);
        self.0.changed.send_replace(state.version());
        result
    }

    pub async fn answer(&self, request: Request<kube::client::Body>) -> Response<Reply> {
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await.expect("the body is whole").to_vec();
        let query = path::Query::parse(head.uri.query().unwrap_or_default());
        let Some(target) = Target::parse(head.uri.path()) else {
            return reply::error(404);
        };
        let seen = Seen {
            method: head.method.clone(),
            target: target.clone(),
            body,
        };
        if !query.watch {
            self.0.seen.lock().push(seen.clone());
        }
        let namespace = target.namespace.clone().unwrap_or_default();
        if self
            .0
            .forbidden
            .lock()
            .contains(&(namespace, target.plural.clone()))
        {
            return reply::error(403);
        }
        let accept = head
            .headers
            .get("accept")
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default();
        let metadata_only = accept.contains("PartialObjectMetadata");
        if query.watch {
            return reply::watch(self.clone(), target, query, metadata_only);
        }
        match self.fault(&seen) {
            Some(Fault::Refused) => reply::error(500),
            Some(Fault::Lost) => {
                self.serve(&seen, &query, metadata_only);
                reply::error(504)
            }
            None => self.serve(&seen, &query, metadata_only),
        }
    }

    fn fault(&self, seen: &Seen) -> Option<Fault> {
        if !seen.is_write() {
            return None;
        }
        let number = self.0.writes.fetch_add(1, Ordering::SeqCst);
        let mut fault = self.0.fault.lock();
        let (at, kind) = (*fault)?;
        (at == number).then(|| {
            *fault = None;
            self.0.fault_hit.store(true, Ordering::SeqCst);
            kind
        })
    }

    fn serve(&self, seen: &Seen, query: &path::Query, metadata_only: bool) -> Response<Reply> {
        let json = || serde_json::from_slice::<Value>(&seen.body).unwrap_or_default();
        let (target, manager) = (&seen.target, query.manager.as_str());
        let result = match seen.method {
            Method::GET if target.name.is_none() => {
                let state = self.0.state.lock();
                return reply::list(&state, target, query, metadata_only);
            }
            Method::GET => self.0.state.lock().get(target).cloned().ok_or(404),
            Method::POST if target.plural == "evictions" => {
                let eviction = json();
                return match self.act(|state| state.create(target, eviction, manager)) {
                    Ok(_) => reply::success(),
                    Err(code) => reply::error(code),
                };
            }
            Method::POST => self.act(|state| state.create(target, json(), manager)),
            Method::PUT => self.act(|state| state.replace(target, json(), manager)),
            Method::PATCH => self.act(|state| state.patch(target, &json(), manager)),
            Method::DELETE => self.act(|state| state.delete(target, &json())),
            _ => Err(405),
        };
        match result {
            Ok(object) => reply::object(&object, metadata_only),
            Err(code) => reply::error(code),
        }
    }
}
