//! Tests against a real Kubernetes node: the cluster that `KUBECONFIG` names, with the chart installed.
//!
//! `e2e/run` brings up a node, installs the chart and runs them. This library holds what the tests
//! share: a namespace each, manifests in YAML-like JSON, the application's own view, the API as a client sees it.

mod api;
mod app;
mod argo;
mod canary;
mod cluster;
mod coffer;
mod git;
pub mod traces;
mod untouched;
mod wait;

pub use api::Api;
pub use app::App;
pub use argo::{Agent, Verdicts};
pub use canary::Canary;
pub use cluster::{Namespace, alone, beside};
pub use coffer::{condition, vault, vault_secret, web_pod};
pub use git::Repository;
pub use untouched::Untouched;
pub use wait::{PATIENCE, eventually};

/// Where the chart is installed.
pub const SYSTEM_NAMESPACE: &str = "coffer-system";
/// The image that plays the application: `COFFER_APP_IMAGE` when the tests are built, or the one every node of ours has.
pub const APP_IMAGE: &str = match option_env!("COFFER_APP_IMAGE") {
    Some(image) => image,
    None => "localhost/coffer-testapp:dev",
};
