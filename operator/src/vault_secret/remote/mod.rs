//! `remote` entries: what they name is let be copied or not, looked at, and copied where it is new. What is known of
//! the other server is [`crate::remote`]'s; nothing here waits for it.

mod decide;
mod report;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use coffer_crds::{Remote, RemoteVersion, Source, VaultSecret, condition::reason};
use coffer_domain::{
    Error,
    address::{Place, Version},
    canonical_uri::{Backend, CanonicalUri, Reading, UriFault},
    entity::{Owner, Secret},
};
use kube::runtime::reflector::ObjectRef;

pub use decide::Entry;
use decide::{Look, Trouble, look, settle};
pub use report::{Report, report};

use crate::{
    context::Context,
    halt::Halt,
    identity::Identity,
    remote::{Key, User},
};

/// The entries of an object, and the versions that some of them still lack.
#[derive(Debug, Default)]
pub struct Remotes {
    /// By key of `data`.
    pub entries: BTreeMap<String, Entry>,
    /// What is asked for until it is copied.
    pub lacking: BTreeMap<Key, Duration>,
}

/// An entry that may be copied.
struct Asked<'a> {
    key: &'a str,
    uri: CanonicalUri,
    every: Duration,
    held: Option<RemoteVersion>,
}

/// Looks at every `remote` entry.
pub async fn gather(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
    stored: &BTreeMap<String, Secret>,
) -> Result<Remotes, Halt> {
    let (mut entries, mut asked) = (BTreeMap::new(), Vec::new());
    for (key, entry) in &object.spec.data {
        let Ok(Source::Remote(remote)) = entry.source() else {
            continue;
        };
        let held = held(object, key, stored.get(key), &identity.owner());
        let uri = match admit(remote, context, place) {
            Ok(uri) => uri,
            Err(trouble) => {
                tell_refused(object, context, place, key, remote, &trouble).await?;
                entries.insert(key.clone(), Entry::refused(trouble, held));
                continue;
            }
        };
        asked.push(Asked {
            key,
            uri,
            every: context.remotes.refresh(every(remote)),
            held,
        });
    }
    let looked = look_at(object, context, identity, place, asked).await?;
    entries.extend(looked.entries);
    Ok(Remotes { entries, ..looked })
}

fn every(remote: &Remote) -> Option<Duration> {
    let every = remote.refresh_every.as_ref()?;
    Some(Duration::from_secs(every.to_seconds()))
}

async fn look_at(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    place: &Place,
    asked: Vec<Asked<'_>>,
) -> Result<Remotes, Halt> {
    let user = user(object, identity);
    let paths = shortest(asked.iter().map(|it| (key(&it.uri, None), it.every)));
    let views = context.remotes.watch(&user, &paths);
    let looked: Vec<(Asked<'_>, Look)> = asked
        .into_iter()
        .map(|it| {
            let view = views.get(&key(&it.uri, None)).cloned().unwrap_or_default();
            let look = look(&it.uri, &view, it.held.as_ref());
            (it, look)
        })
        .collect();
    let lacks = |(it, look): &(Asked<'_>, Look)| match look {
        Look::Lacks(version, _) => Some((key(&it.uri, Some(*version)), it.every)),
        _ => None,
    };
    let mut lacking = shortest(looked.iter().filter_map(lacks));
    let values = context.remotes.values(&user, &lacking);
    let (mut entries, mut copied, mut left) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (it, look) in looked {
        let lacked = lacks_key(&it.uri, &look);
        let value = lacked.as_ref().and_then(|key| values.get(key));
        let entry = settle(&it.uri, look, value, it.held);
        let heap = if entry.copy.is_some() {
            &mut copied
        } else {
            &mut left
        };
        heap.extend(lacked);
        entries.insert(it.key.to_owned(), entry);
    }
    for key in &copied {
        record(context, place, key).await?;
    }
    lacking.retain(|key, _| left.contains(key));
    Ok(Remotes { entries, lacking })
}

fn lacks_key(uri: &CanonicalUri, look: &Look) -> Option<Key> {
    match look {
        Look::Lacks(version, _) => Some(key(uri, Some(*version))),
        Look::Unknown | Look::Same | Look::Trouble(_) => None,
    }
}

fn key(uri: &CanonicalUri, version: Option<Version>) -> Key {
    Key {
        path: uri.path.clone(),
        version,
    }
}

/// Each key once, with the shortest of its intervals.
fn shortest(keys: impl Iterator<Item = (Key, Duration)>) -> BTreeMap<Key, Duration> {
    let mut all: BTreeMap<Key, Duration> = BTreeMap::new();
    for (key, every) in keys {
        let shortest = all.entry(key).or_insert(every);
        *shortest = every.min(*shortest);
    }
    all
}

/// Says whose the questions are.
pub fn user(object: &VaultSecret, identity: &Identity) -> User {
    User {
        uid: identity.uid.clone(),
        object: ObjectRef::from_obj(object),
    }
}

/// What the stored value was copied from: what the status says, as long as the value is the one that it speaks of.
fn held(object: &VaultSecret, key: &str, stored: Option<&Secret>, owner: &Owner) -> Option<RemoteVersion> {
    let stored = stored.filter(|secret| secret.owner.as_ref() == Some(owner))?;
    let keys = &object.status.as_ref()?.keys;
    let shown = keys.iter().find(|shown| shown.name == key)?;
    let is_it = shown.version.is_some() && shown.version == stored.current.map(Version::get);
    shown.remote.clone().filter(|_| is_it)
}

/// What an entry names, if it may be copied.
fn admit(remote: &Remote, context: &Context, place: &Place) -> Result<CanonicalUri, Trouble> {
    let uri = parse(&remote.uri);
    let uri = uri.map_err(|fault| Trouble::refusal(reason::INVALID_SPEC, format!("uri: {fault}")))?;
    if !context.remotes.is_configured() {
        let words =
            "the operator knows no server to copy from; name one in the chart's value remote.url (VAULT_URL)";
        return Err(Trouble::refusal(reason::REMOTE_NOT_CONFIGURED, words));
    }
    let organization = &place.organization;
    if context.remotes.rules.allow(organization, &uri.path) {
        return Ok(uri);
    }
    let words = format!(
        "namespace {organization} may not copy {}; an entry such as {organization}={} in the chart's value \
         remote.allow (--remote-allow) lets it",
        uri.path, uri.path
    );
    Err(Trouble::refusal(reason::REMOTE_NOT_ALLOWED, words))
}

/// The one secret of a KV engine that a text names.
fn parse(text: &str) -> Result<CanonicalUri, UriFault> {
    let uri = CanonicalUri::parse(text, Reading::Strict)?;
    match uri.backend {
        Backend::Yaml => Err(UriFault::UnsupportedEngine),
        Backend::OpenBao | Backend::HashiCorp if uri.path.key().is_none() => Err(UriFault::IllegalSegment),
        Backend::OpenBao | Backend::HashiCorp => Ok(uri),
    }
}

/// Leaves a record of a copy before it is made.
async fn record(context: &Context, place: &Place, key: &Key) -> Result<(), Halt> {
    let uri = CanonicalUri {
        backend: Backend::OpenBao,
        path: key.path.clone(),
        fragment: None,
        version: key.version,
    };
    let (coffer, rules) = (&context.coffer, &context.remotes.rules);
    let permitted = coffer
        .permit_copy(&context.caller, &place.organization, &uri, rules)
        .await;
    Ok(permitted?)
}

/// Leaves a record of what may not be copied, once.
async fn tell_refused(
    object: &VaultSecret,
    context: &Context,
    place: &Place,
    key: &str,
    remote: &Remote,
    trouble: &Trouble,
) -> Result<(), Halt> {
    let Ok(uri) = parse(&remote.uri) else {
        return Ok(());
    };
    let refusals = &context.refusals;
    if trouble.reason != reason::REMOTE_NOT_ALLOWED || refusals.knows(object, key, &trouble.words) {
        return Ok(());
    }
    let (coffer, rules) = (&context.coffer, &context.remotes.rules);
    let refused = coffer
        .permit_copy(&context.caller, &place.organization, &uri, rules)
        .await;
    match refused {
        Ok(()) | Err(Error::Forbidden { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    refusals.note(object, key, &trouble.words);
    Ok(())
}
