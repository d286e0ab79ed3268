//! Who a pod is: projected service-account tokens, verified against the cluster's published keys. Knows no
//! Kubernetes client: the keys and the pods that run come through ports.

mod claims;
mod discovery;
mod jwks;
mod ports;
mod sources;
mod workload;

pub use discovery::IssuerKeys;
pub use jwks::{KeyRing, KeysError, signed_by};
pub use ports::{ClusterKeys, LivePods, LivenessError, Notices};
pub use sources::{JwksFile, JwksUrl, LogNotices, WhileTokenLasts};
pub use workload::{IdentityOptions, Verified, WorkloadIdentity};
