//! Whether the agent can signal the application: it has to see its processes, and to run as the same user.

use coffer_wire::SignalSpec;

use super::{Chosen, agent::Identity};
use crate::{
    annotation::{ON_CHANGE, SIGNAL},
    denied::Denied,
    known::Index,
    view::Pod,
    wish::Wish,
};

/// Refuses a pod whose agent could signal nobody.
pub fn check(pod: &Pod<'_>, wish: &Wish, chosen: &[Chosen<'_>], identity: Identity) -> Result<(), Denied> {
    if wish.signal.is_none() {
        return Ok(());
    }
    if pod.spec.share_process_namespace != Some(true) {
        return Err(Denied::new(
            SIGNAL,
            "the agent sees only the processes of its own container",
            "set shareProcessNamespace: true in the pod's spec",
        ));
    }
    let of_pod = pod.spec.security_context.unwrap_or_default().run_as_user;
    let runs_as_agent = |chosen: &Chosen<'_>| {
        let own = chosen.container.security_context.unwrap_or_default().run_as_user;
        own.or(of_pod) == Some(identity.user)
    };
    if chosen.iter().any(runs_as_agent) {
        return Ok(());
    }
    Err(Denied::new(
        SIGNAL,
        "the agent, which is never root, may signal only processes of its own user, and no container says that it runs as one",
        "set securityContext.runAsUser of the pod to a user other than root",
    ))
}

/// What the agent is told. Without a word of the pod, only the secrets count whose `VaultSecret` says `onChange: signal`.
pub fn spec(wish: &Wish, known: &Index) -> Option<SignalSpec> {
    let signal = wish.signal.as_ref()?;
    let secrets = wish.on_change.is_none().then(|| {
        known
            .signalled(wish)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    if secrets.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    Some(SignalSpec {
        signal: signal.name.clone(),
        process: signal.process.clone(),
        secrets,
    })
}

/// What its author should know.
pub fn warning(wish: &Wish, known: &Index) -> Option<String> {
    let said = known.signalled(wish);
    let used = |name: &&str| wish.secrets().any(|(_, secret)| secret == *name);
    match (&wish.signal, wish.on_change) {
        (Some(_), None) if said.is_empty() => Some(format!(
            "{SIGNAL}: no VaultSecret says onChange: signal, so nobody is signalled; add {ON_CHANGE}: signal"
        )),
        (None, None) => said.into_iter().find(used).map(|name| {
            format!(
                "{SIGNAL}: the VaultSecret of {name} says onChange: signal, and nothing here says whom; add for example \
                 \"SIGHUP nginx\""
            )
        }),
        _ => None,
    }
}
