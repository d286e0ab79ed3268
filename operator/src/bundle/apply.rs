//! Writing and removing bundles, and finding those that an earlier run of this program wrote.

use std::collections::BTreeMap;

use coffer_bundle::{seal, secret_name};
use coffer_crds::Vault;
use coffer_domain::{
    address::{Place, Version},
    name::{BadName, SecretName},
    secret_value::SecretValue,
    usecase::{
        bundles::Holder,
        consumers::{Delivery, Wanted},
    },
};
use coffer_wire::{
    Delivered,
    bundle::{BundleIdentity, FILE, Header},
};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{ListParams, ObjectMeta},
    runtime::reflector::ObjectRef,
};

use super::{
    decide::{Kept, Versions},
    desk::Desk,
};
use crate::{
    context::{Context, SecretNamespaces},
    failure::Failure,
    halt::Halt,
    identity::Identity,
    problem::Problem,
    synced::{self, Content, MANAGED_BY},
};

/// The kind that owns bundles, and so their label's value.
pub const OWNER: &str = "Vault";
/// Annotation: whose bundle it is, as JSON.
const IDENTITY: &str = "coffer.dev/bundle";
/// Annotation: when a pod last asked for it, in seconds since 1970.
const ASKED: &str = "coffer.dev/bundle-asked";

/// One bundle's words, for the domain.
pub struct Request {
    pub holder: Holder,
    pub place: Place,
    pub wanted: Wanted,
}

impl Request {
    /// Of an identity, whose names were checked when it was asked for.
    pub fn of(identity: &BundleIdentity) -> Result<Self, BadName> {
        let content = &identity.content;
        let wanted = match &content.names {
            None => Wanted::All,
            Some(names) => Wanted::Named(names.iter().map(SecretName::new).collect::<Result<_, _>>()?),
        };
        Ok(Self {
            holder: Holder {
                namespace: identity.namespace.clone(),
                service_account: identity.service_account.clone(),
                bundle: secret_name(identity),
            },
            place: Place {
                organization: content.organization.parse()?,
                vault: content.vault.parse()?,
                environment: content.environment.parse()?,
            },
            wanted,
        })
    }
}

/// The `Vault` that the identity's values are in, if this cluster has it.
pub fn vault(context: &Context, identity: &BundleIdentity) -> Option<std::sync::Arc<Vault>> {
    let content = &identity.content;
    let reference = ObjectRef::<Vault>::new(&content.vault).within(&content.organization);
    context.caches.vaults.get(&reference)
}

/// Seals the present values and puts them in their Secret. What is then there.
pub async fn write(
    context: &Context,
    desk: &Desk,
    identity: &BundleIdentity,
    request: &Request,
    max_stale: u64,
    asked: u64,
) -> Result<Kept, Halt> {
    let vault = vault(context, identity).ok_or(Failure::Incomplete("vault"))?;
    let owner = Identity::of(OWNER, &*vault)?;
    let name = secret_name(identity);
    let target = synced::inspect(context, &owner, &name).await?;
    let issued = u64::try_from(context.now().as_second()).unwrap_or_default();
    let opened = context
        .coffer
        .bundle(&request.holder, &request.place, &request.wanted)
        .await?;
    let versions: Versions = opened
        .iter()
        .map(|(name, one)| (name.clone(), one.version))
        .collect();
    let secrets = opened.into_iter().map(on_the_wire).collect();
    let mut header = Header {
        generation: desk.keys.generation(),
        issued,
        max_stale,
        salt: [0; 32],
    };
    desk.entropy.fill(&mut header.salt);
    let bundle = seal(&desk.keys, &header, identity, secrets).map_err(|error| {
        Problem::stalled(coffer_crds::condition::reason::SECRET_REFUSED, error.to_string())
    })?;
    let content = Content {
        kind: "Opaque",
        annotations: BTreeMap::from([
            (
                IDENTITY.to_owned(),
                serde_json::to_string(identity).unwrap_or_default(),
            ),
            (ASKED.to_owned(), asked.to_string()),
        ]),
        data: BTreeMap::from([(FILE.to_owned(), SecretValue::new(bundle))]),
    };
    target.write(&content).await?;
    Ok(Kept {
        versions: Some(versions),
        issued,
        max_stale,
        asked,
    })
}

fn on_the_wire((name, one): (SecretName, Delivery)) -> (String, Delivered) {
    let version = Version::get(one.version);
    let value = one.value;
    (name.into(), Delivered { version, value })
}

/// Deletes a bundle, if it is there and ours. With its `Vault` it goes by itself: that owns it.
pub async fn remove(context: &Context, identity: &BundleIdentity) -> Result<(), Halt> {
    match vault(context, identity) {
        Some(vault) => {
            let owner = Identity::of(OWNER, &*vault)?;
            synced::remove(context, &owner, &secret_name(identity)).await
        }
        None => Ok(()),
    }
}

/// The bundles that there are.
pub async fn find(context: &Context) -> Result<Vec<(BundleIdentity, Kept)>, Failure> {
    let apis: Vec<Api<Secret>> = match &context.secret_namespaces {
        SecretNamespaces::All => vec![Api::all(context.client.clone())],
        SecretNamespaces::These(names) => names
            .iter()
            .map(|name| Api::namespaced(context.client.clone(), name))
            .collect(),
    };
    let ours = ListParams::default().labels(&format!("{MANAGED_BY}={OWNER}"));
    let mut found = Vec::new();
    for api in apis {
        let listed = api
            .list_metadata(&ours)
            .await
            .map_err(Failure::cluster("list bundles"))?;
        found.extend(listed.items.iter().filter_map(|secret| read(&secret.metadata)));
    }
    Ok(found)
}

/// Whose a Secret is, by its own word, if its name agrees: what is sealed for an identity is no other's.
fn read(meta: &ObjectMeta) -> Option<(BundleIdentity, Kept)> {
    let annotations = meta.annotations.as_ref()?;
    let identity: BundleIdentity = serde_json::from_str(annotations.get(IDENTITY)?).ok()?;
    let fits = meta.name.as_deref() == Some(&secret_name(&identity))
        && meta.namespace.as_ref() == Some(&identity.namespace);
    let asked = annotations
        .get(ASKED)
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let kept = Kept {
        versions: None,
        issued: 0,
        max_stale: 0,
        asked,
    };
    fits.then_some((identity, kept))
}
