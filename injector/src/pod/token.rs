//! The agent's identity: a service-account token of the pod's, bound to it, for our audience only.

use k8s_openapi::api::core::v1::{
    ProjectedVolumeSource, ServiceAccountTokenProjection, Volume, VolumeMount, VolumeProjection,
};

use super::volumes;

/// Where the agent reads it.
pub const FILE: &str = "/run/coffer/token/token";
const DIRECTORY: &str = "/run/coffer/token";
const NAME: &str = "token";
/// kubelet renews it at 80% of this; Kubernetes' least is 600.
const LIFETIME_SECONDS: i64 = 3600;

/// The volume.
pub fn volume(audience: &str) -> Volume {
    let token = ServiceAccountTokenProjection {
        audience: Some(audience.to_owned()),
        expiration_seconds: Some(LIFETIME_SECONDS),
        path: NAME.to_owned(),
    };
    let source = VolumeProjection {
        service_account_token: Some(token),
        ..VolumeProjection::default()
    };
    let projected = ProjectedVolumeSource {
        sources: Some(vec![source]),
        ..ProjectedVolumeSource::default()
    };
    Volume {
        name: volumes::TOKEN.to_owned(),
        projected: Some(projected),
        ..Volume::default()
    }
}

/// The agent's mount of it.
pub fn mount() -> VolumeMount {
    volumes::read_only(volumes::TOKEN, DIRECTORY)
}
