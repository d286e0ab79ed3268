//! Taking the steps of a plan: a mark on a workload, an eviction, a return of secrets.

use coffer_domain::{Error, address::Place, name::SecretName, usecase::secrets::Return};
use k8s_openapi::api::core::v1::{ObjectReference, Pod};
use kube::{
    Api,
    api::{DynamicObject, EvictParams, Patch, PatchParams},
};
use serde_json::json;

use super::{
    gather::resource,
    marks::{Marks, RESTARTED_AT, Spans},
    model::{Key, Means, Scene, Step, Workload},
    report,
};
use crate::{
    context::Context,
    events::Gravity,
    failure::{Failure, code},
};

/// Our marks on workloads have a field manager of their own, so that whoever applies the rest sees no drift.
const MANAGER: &str = "coffer-restarts";

/// Takes one step.
pub async fn take(context: &Context, scene: &Scene, workload: &Workload, step: &Step) -> Result<(), Failure> {
    match step {
        Step::Restart(spans) => {
            let marks = workload.marks.again(spans.clone(), context.now());
            mark(context, workload, &marks).await?;
            context.metrics.restarted("restarted");
            let note = format!("restarted for {}", versions(spans));
            tell(context, &workload.key, "Restarted", &note).await;
            Ok(())
        }
        Step::Ready => mark(context, workload, &workload.marks.ready()).await,
        Step::Evict(pod) => evict(context, &workload.key, pod).await,
        Step::Return(spans) => give_back(context, scene, workload, spans).await,
    }
}

/// The marks as they should be, and for the template the one that has the pods replaced.
async fn mark(context: &Context, workload: &Workload, marks: &Marks) -> Result<(), Failure> {
    let Key {
        namespace,
        kind,
        name,
    } = &workload.key;
    let mut wanted = json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "annotations": marks.annotations()},
    });
    if workload.means == Means::Template {
        let at = marks.last().map(|time| time.to_string());
        wanted["spec"] = json!({"template": {"metadata": {"annotations": {RESTARTED_AT: at}}}});
    }
    let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), namespace, &resource(kind));
    let parameters = PatchParams::apply(MANAGER).force();
    match api.patch(name, &parameters, &Patch::Apply(&wanted)).await {
        Ok(_) => Ok(()),
        Err(error) if code(&error) == 404 => Ok(()),
        Err(error) => Err(Failure::cluster("restart a workload")(error)),
    }
}

/// A budget that does not allow it now may allow it later.
async fn evict(context: &Context, key: &Key, pod: &str) -> Result<(), Failure> {
    let api: Api<Pod> = Api::namespaced(context.client.clone(), &key.namespace);
    match api.evict(pod, &EvictParams::default()).await {
        Ok(_) => {
            context.metrics.restarted("evicted");
            Ok(())
        }
        Err(error) if matches!(code(&error), 404 | 429) => Ok(()),
        Err(error) => Err(Failure::cluster("evict a pod")(error)),
    }
}

/// What will have been returned is noted first: an operator that ends in between knows what it was about to do, and does it
/// again.
async fn give_back(
    context: &Context,
    scene: &Scene,
    workload: &Workload,
    spans: &Spans,
) -> Result<(), Failure> {
    let returns: Vec<Return> = spans
        .iter()
        .filter_map(|(name, span)| {
            Some(Return {
                name: name.clone(),
                from: span.to,
                to: span.from,
                owner: scene.rules.get(name)?.owner.clone()?,
            })
        })
        .collect();
    if !report::note_return(context, &scene.place, &workload.key, &returns, true).await? {
        return Ok(());
    }
    match context
        .coffer
        .return_secrets(&context.caller, &scene.place, &returns)
        .await
    {
        Ok(_) => {
            context.metrics.restarted("returned");
            report::tell_return(context, &scene.place, &workload.key, &returns).await;
            Ok(())
        }
        Err(error @ (Error::Conflict(_) | Error::NotFound { .. } | Error::Managed { .. })) => {
            tracing::warn!(place = %scene.place, workload = %workload.key, %error, "nothing was returned");
            report::note_return(context, &scene.place, &workload.key, &returns, false).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

async fn tell(context: &Context, key: &Key, reason: &str, note: &str) {
    let about = ObjectReference {
        api_version: Some("apps/v1".to_owned()),
        kind: Some(key.kind.clone()),
        namespace: Some(key.namespace.clone()),
        name: Some(key.name.clone()),
        ..ObjectReference::default()
    };
    context
        .events
        .publish(&about, Gravity::Normal, reason, "Restart", note)
        .await;
}

/// `A (version 2), B (version 5)`.
pub fn versions(spans: &Spans) -> String {
    let one = |(name, span): (&SecretName, &super::marks::Span)| format!("{name} (version {})", span.to);
    spans.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The scene of a place, and the workload, of a step.
pub fn find<'s>(scenes: &'s [Scene], place: &Place, key: &Key) -> Option<(&'s Scene, &'s Workload)> {
    let scene = scenes.iter().find(|scene| scene.place == *place)?;
    let workload = scene.workloads.iter().find(|workload| workload.key == *key)?;
    Some((scene, workload))
}
