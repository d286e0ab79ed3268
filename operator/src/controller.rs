//! The machinery that every kind shares: one watch that fills a cache and tells whom a change concerns,
//! and one queue that reconciles. What a kind does is in its own module.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{Stream, StreamExt, stream};
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt,
        controller::{Action, Config, ReconcileRequest, applier},
        reflector::{Lookup, ObjectRef, Store, store::Writer},
        watcher::{self, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use crate::{
    backoff::wait,
    context::{Context, Shared},
    failure::Failure,
    mailbox::Mailbox,
    problem::Problem,
};

/// Reconciliations of one kind at a time: enough to hide the API server's latency.
const CONCURRENCY: u16 = 16;
/// How long an object waits for the cache to see our own last write.
const BEHIND: Duration = Duration::from_millis(50);
/// Failures in a row after which the status says so: a blip is not worth a write.
const SHOWN_AFTER: u32 = 3;

/// A custom resource and what to do about it.
#[async_trait]
pub trait Kind:
    Resource<DynamicType = ()>
    + Lookup<DynamicType = ()>
    + Clone
    + DeserializeOwned
    + std::fmt::Debug
    + Send
    + Sync
    + 'static
{
    /// Its name.
    const KIND: &'static str;

    /// Makes the world as the object says.
    async fn reconcile(&self, context: &Context) -> Result<Action, Failure>;

    /// Shows a failure that lasts.
    async fn show(&self, context: &Context, problem: &Problem) -> Result<(), Failure>;

    /// Lets go of memory that it holds and does not need: thousands are cached.
    fn shrink(&mut self) {}

    /// The object came, changed (its status alone, perhaps) or went: wakes whom that concerns. `before` is
    /// what the cache held.
    fn wake_others(&self, context: &Context, before: Option<&Self>, gone: bool);
}

/// Reconciles one object as cached.
pub async fn step<K: Kind>(object: Arc<K>, context: Shared) -> Action {
    let Some(uid) = object.meta().uid.clone() else {
        return Action::await_change();
    };
    if !context.fresh.has_seen(object.meta()) {
        return Action::requeue(BEHIND);
    }
    let begun = Instant::now();
    let result = object.reconcile(&context).await;
    let label = result.as_ref().map_or_else(Failure::code, |_| "ok");
    context.metrics.reconciled(K::KIND, label, begun.elapsed());
    match result {
        Ok(action) => {
            context.backoff.succeeded(&uid);
            action
        }
        Err(failure) => failed(&*object, &uid, &failure, &context).await,
    }
}

async fn failed<K: Kind>(object: &K, uid: &str, failure: &Failure, context: &Context) -> Action {
    let failures = context.backoff.failed(uid);
    let (kind, name) = (K::KIND, object.meta().name.as_deref().unwrap_or_default());
    let namespace = object.meta().namespace.as_deref().unwrap_or_default();
    tracing::warn!(kind, namespace, name, failures, error = %failure, "a reconciliation failed");
    if failures >= SHOWN_AFTER {
        let problem = Problem::transient(failure.reason(), failure.to_string());
        if let Err(error) = object.show(context, &problem).await {
            tracing::warn!(kind, namespace, name, %error, "the failure could not be shown");
        }
    }
    Action::requeue(wait(uid, failures))
}

/// Fills the cache from one watch for as long as it is polled. Objects that are new, changed or gone are
/// sent to `mailbox`, and wake those that they concern; changes of a status alone do not.
pub async fn watch<K: Kind>(api: Api<K>, mut writer: Writer<K>, mailbox: Mailbox<K>, context: Shared) {
    let cache = writer.as_reader();
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff());
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => take(&event.modify(slim), &mut writer, &cache, &mailbox, &context),
            Err(error) => tracing::warn!(kind = K::KIND, %error, "the watch broke off; it starts again"),
        }
    }
}

/// What nobody here reads is not kept in memory.
fn slim<K: Kind>(object: &mut K) {
    object.shrink();
    object.meta_mut().managed_fields = None;
    if let Some(annotations) = &mut object.meta_mut().annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

fn take<K: Kind>(
    event: &Event<K>,
    writer: &mut Writer<K>,
    cache: &Store<K>,
    mailbox: &Mailbox<K>,
    context: &Context,
) {
    match event {
        Event::Init | Event::InitApply(_) => writer.apply_watcher_event(event),
        Event::InitDone => {
            let before = cache.state();
            writer.apply_watcher_event(event);
            let is_gone = |object: &Arc<K>| cache.get(&ObjectRef::from_obj(&**object)).is_none();
            before
                .iter()
                .filter(|object| is_gone(object))
                .for_each(|object| went(&**object, context));
            for object in cache.state() {
                mailbox.send(ObjectRef::from_obj(&*object));
                object.wake_others(context, None, false);
            }
        }
        Event::Apply(object) => {
            let before = cache.get(&ObjectRef::from_obj(object));
            writer.apply_watcher_event(event);
            if before
                .as_ref()
                .is_none_or(|before| is_news(before.meta(), object.meta()))
            {
                mailbox.send(ObjectRef::from_obj(object));
            }
            object.wake_others(context, before.as_deref(), false);
        }
        Event::Delete(object) => {
            writer.apply_watcher_event(event);
            went(object, context);
        }
    }
}

fn went<K: Kind>(object: &K, context: &Context) {
    if let Some(uid) = &object.meta().uid {
        context.fresh.forget(uid);
        context.backoff.succeeded(uid);
        context.metrics.waits(K::KIND, uid, None);
    }
    object.wake_others(context, Some(object), true);
}

/// Whether the change is more than one of status, labels or other people's marks.
fn is_news(before: &kube::api::ObjectMeta, after: &kube::api::ObjectMeta) -> bool {
    before.uid != after.uid
        || before.generation != after.generation
        || before.deletion_timestamp != after.deletion_timestamp
}

/// Reconciles whatever comes into `inbox`, until `shutdown`; then ends what it has begun.
pub async fn run<K: Kind>(
    context: Shared,
    cache: Store<K>,
    inbox: UnboundedReceiver<ObjectRef<K>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let queue = requests(inbox).take_until(Box::pin(shutdown));
    let reconcile = |object: Arc<K>, context: Shared| {
        Box::pin(async move { Ok::<_, Infallible>(step(object, context).await) })
    };
    let never = |_: Arc<K>, error: &Infallible, _: Shared| match *error {};
    applier(
        reconcile,
        never,
        context,
        cache,
        queue,
        Config::default().concurrency(CONCURRENCY),
    )
    .for_each(|result| async move {
        if let Err(error) = result {
            // Gone between the request and its turn.
            tracing::debug!(kind = K::KIND, %error, "nothing to reconcile");
        }
    })
    .await;
}

fn requests<K: Kind>(
    inbox: UnboundedReceiver<ObjectRef<K>>,
) -> impl Stream<Item = Result<ReconcileRequest<K>, Infallible>> {
    stream::unfold(inbox, |mut inbox| async move {
        Some((Ok(inbox.recv().await?.into()), inbox))
    })
}
