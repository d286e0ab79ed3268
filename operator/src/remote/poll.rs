//! Asks the server what the book says is due, a few things at a time, and wakes those whom an answer concerns.

use std::future::pending;

use coffer_domain::{
    canonical_uri::{Backend, CanonicalUri},
    name::OrgName,
    provider::{Actor, Provider},
    usecase::Caller,
};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

use super::{Fault, Key, task::Landed};
use crate::context::Context;

/// Asks for as long as it is polled.
pub async fn run(context: &Context) {
    let remotes = &context.remotes;
    let Some(server) = &remotes.server else {
        return;
    };
    let mut requests = FuturesUnordered::new();
    loop {
        let turn = remotes.book.lock().turn(Instant::now());
        context.mail.secrets.send_all(turn.wake);
        requests.extend(turn.requests.into_iter().map(|key| request(&**server, key)));
        let later = async {
            match turn.next {
                Some(time) => sleep_until(time).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = remotes.news.notified() => {}
            () = later => {}
            Some((key, landed)) = requests.next() => {
                let kind = if key.version.is_some() { "value" } else { "metadata" };
                let result = landed.as_ref().err().map_or("ok", |fault| fault.code());
                context.metrics.asked_remote(kind, result);
                let wake = remotes.book.lock().landed(Instant::now(), &key, landed);
                context.mail.secrets.send_all(wake);
            }
        }
    }
}

async fn request(server: &dyn Provider, key: Key) -> (Key, Result<Landed, Fault>) {
    // Rights and records come before a value is copied; a server asks with its own login, whoever is named.
    let actor = Actor {
        caller: Caller::controller(),
        tenant: OrgName::default_organization(),
        subject: None,
    };
    let uri = CanonicalUri {
        backend: Backend::OpenBao,
        path: key.path.clone(),
        fragment: None,
        version: key.version,
    };
    let answer = match key.version {
        None => server
            .history(&actor, &uri)
            .await
            .map(|history| Landed::Facts(history.into())),
        Some(_) => server
            .read(&actor, &uri)
            .await
            .map(|found| Landed::Value(found.value)),
    };
    let landed = answer.map_err(|fault| Fault::from(&fault));
    (key, landed)
}
