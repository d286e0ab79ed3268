//! Who the server takes one for.

use coffer_domain::{entity::Organization, principal::Principal};
use serde::Serialize;
use utoipa::ToSchema;

use super::api_key::GrantOut;

/// The holder of the credential that came with the request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum WhoamiOut {
    /// An API key's.
    #[serde(rename_all = "camelCase")]
    ApiKey {
        /// The key's id.
        id: String,
        /// Its label.
        name: String,
        /// Its organization's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        organization: Option<String>,
        /// What it may do.
        grants: Vec<GrantOut>,
    },
    /// A pod's.
    #[serde(rename_all = "camelCase")]
    Workload {
        /// The pod's namespace.
        namespace: String,
        /// Its service account.
        service_account: String,
        /// The pod's name.
        pod: String,
    },
    /// Somebody a dialect knows by name; never through this door.
    User {
        /// The user's id.
        id: String,
    },
    /// Our own controllers'; never over the network.
    Controller,
}

impl WhoamiOut {
    /// Shows a principal; a key's organization by name.
    pub fn of(principal: Principal, organization: Option<Organization>) -> Self {
        match principal {
            Principal::ApiKey(key) => Self::ApiKey {
                id: key.id.to_string(),
                name: key.name.as_str().to_owned(),
                organization: organization.map(|found| found.name.into()),
                grants: key.grants.iter().cloned().map(GrantOut::from).collect(),
            },
            Principal::Workload(pod) => Self::Workload {
                namespace: pod.namespace,
                service_account: pod.service_account,
                pod: pod.pod,
            },
            // Users come through the doors that know them.
            Principal::User(user) => Self::User {
                id: user.id.to_string(),
            },
            Principal::External(subject) => Self::User { id: subject.name },
            Principal::Controller => Self::Controller,
        }
    }
}
