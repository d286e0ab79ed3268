//! The last-known-good bundle in a pod: a Secret that may not be there, mounted for the agent alone. Its name follows from
//! whose it is, so that the operator writes it where the pod looks.

use coffer_bundle::secret_name;
use coffer_wire::{
    AgentConfig, StaleConfig,
    bundle::{BundleContent, BundleIdentity, FILE},
};
use k8s_openapi::api::core::v1::{SecretVolumeSource, Volume, VolumeMount};

use super::volumes;
use crate::{annotation::MAX_STALE, denied::Denied, known::Reader, settings::Injection, wish::Wish};

/// Where the agent reads it.
const DIRECTORY: &str = "/run/coffer/bundle";

/// What a pod carries that may start with a bundle.
#[derive(Debug)]
pub struct Bundle {
    volume: Volume,
}

impl Bundle {
    /// Adds what the agent needs to `config`; `None` if the pod does not ask.
    ///
    /// # Errors
    /// A pod that asks for what it would not get: it must not find that out when the store is down.
    pub fn of(
        wish: &Wish,
        reader: Reader<'_>,
        settings: &Injection,
        authorities: &str,
        config: &mut AgentConfig,
    ) -> Result<Option<Self>, Denied> {
        let Some(max_stale) = wish.max_stale else {
            return Ok(None);
        };
        let Some(keys) = &settings.keys else {
            let fix = "remove the annotation, or have the chart's value lastKnownGood.enabled set";
            return Err(Denied::new(
                MAX_STALE,
                "this cluster keeps no values for that",
                fix,
            ));
        };
        if wish.organization.as_str() != reader.namespace {
            let fix = "remove the annotation, or use a Vault of the pod's own namespace";
            return Err(Denied::new(MAX_STALE, "the Vault is in another namespace", fix));
        }
        let bad =
            |(file, error)| Denied::new(MAX_STALE, format!("file {file}: {error}"), "mend the template");
        let names = config.names().map_err(bad)?;
        let identity = BundleIdentity {
            namespace: reader.namespace.to_owned(),
            service_account: reader.service_account.to_owned(),
            content: BundleContent {
                organization: config.organization.clone(),
                vault: config.vault.clone(),
                environment: config.environment.clone(),
                names: names.map(|names| names.into_iter().collect()),
                max_stale,
            },
        };
        config.stale = Some(StaleConfig {
            max_stale,
            bundle: format!("{DIRECTORY}/{FILE}"),
            keys: keys.clone(),
            trust: authorities.to_owned(),
        });
        Ok(Some(Self {
            volume: volume(secret_name(&identity)),
        }))
    }

    /// The volume.
    pub fn into_volume(self) -> Volume {
        self.volume
    }
}

fn volume(secret: String) -> Volume {
    let source = SecretVolumeSource {
        secret_name: Some(secret),
        optional: Some(true),
        ..SecretVolumeSource::default()
    };
    Volume {
        name: volumes::BUNDLE.to_owned(),
        secret: Some(source),
        ..Volume::default()
    }
}

/// The agent's mount of it.
pub fn mount() -> VolumeMount {
    volumes::read_only(volumes::BUNDLE, DIRECTORY)
}
