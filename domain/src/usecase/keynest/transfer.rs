//! Whole environments, out and in.

use serde_json::json;

use super::{Actor, KeyNest, Shown, environment::sees, log::Done, variable::LIST};
use crate::{
    Error,
    audit::Outcome,
    entity::Secret,
    envfile::is_variable_name,
    name::SecretName,
    rights::Permission,
    secret_value::SecretValue,
    usecase::{ATTEMPTS, access::Ask, contended},
};

/// What an environment holds.
#[derive(Debug)]
pub struct Exported {
    /// What the environment is called.
    pub environment: String,
    /// What its project is called.
    pub project: String,
    /// What its organization is called.
    pub organization: String,
    /// Names and values, in the order of their making.
    pub variables: Vec<(SecretName, Shown)>,
}

/// How an import went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is done.
    Done {
        /// How many are new.
        imported: usize,
        /// How many were there.
        updated: usize,
    },
    /// These are there already, and nothing was done.
    Taken(Vec<SecretName>),
}

const WRITE: Ask = Ask {
    permission: Permission::Write,
    action: "secret.import",
};

impl KeyNest {
    /// All that an environment holds and the actor may see, values to those who may read them. One access, whose
    /// record names each version.
    pub async fn export(&self, actor: &Actor, environment: u64, format: &str) -> Result<Exported, Error> {
        let spot = self.enter_nested(actor, environment, LIST).await?;
        let found = self.coffer.present_secrets(&spot.located, &spot.place).await?;
        let mut secrets: Vec<Secret> = found
            .into_iter()
            .filter(|secret| is_variable_name(secret.name.as_str()))
            .filter(|secret| sees(actor, &spot.located, &spot.place, Some(&secret.name)))
            .collect();
        secrets.sort_by_key(|secret| (secret.created_at, secret.id));
        let target = spot.place.to_string();
        let mut event = self
            .coffer
            .event(&actor.caller, "secret.pull", target, Outcome::Allowed);
        let mut variables = Vec::with_capacity(secrets.len());
        for secret in secrets {
            let (shown, version) = self.shown(&actor.caller, &spot, &secret).await?;
            event
                .versions
                .extend(version.map(|version| format!("{}@{version}", secret.name)));
            variables.push((secret.name, shown));
        }
        let organization = spot.located.organization.id;
        self.coffer.store.record(organization, event).await?;
        let failed = variables
            .iter()
            .filter(|(_, shown)| matches!(shown, Shown::Unreadable));
        let details = json!({
            "format": format,
            "variable_count": variables.len(),
            "failed_decryptions": failed.count(),
            "environment_name": spot.place.environment.as_str(),
            "project": spot.project.name,
        });
        let doer = self.doer(actor).await?;
        let done = Done::new("environment_exported", "environment", environment, details);
        self.note_alone(actor, organization, &doer, &done).await?;
        Ok(Exported {
            environment: spot.place.environment.to_string(),
            organization: self.organization_name(&spot.project).await?,
            project: spot.project.name,
            variables,
        })
    }

    /// Whether the actor may import into an environment: asked before what they sent is looked at.
    pub async fn may_import(&self, actor: &Actor, environment: u64) -> Result<(), Error> {
        self.enter_nested(actor, environment, WRITE).await.map(drop)
    }

    /// Writes all of `values` in one commit, or nothing if some of them are there and must not be. `failed` is how
    /// many the door could not read, for the log.
    pub async fn import(
        &self,
        actor: &Actor,
        environment: u64,
        values: &[(SecretName, SecretValue)],
        (format, overwrite, failed): (&str, bool, usize),
    ) -> Result<Imported, Error> {
        for _ in 0..ATTEMPTS {
            let spot = self.enter_nested(actor, environment, WRITE).await?;
            let merge = self
                .coffer
                .plan_merge(&actor.caller, WRITE.action, &spot.place, values)
                .await?;
            if !overwrite && !merge.updated.is_empty() {
                let taken = merge.updated.into_iter().map(|secret| secret.name);
                return Ok(Imported::Taken(taken.collect()));
            }
            let (imported, updated) = (merge.created.len(), merge.updated.len());
            let doer = self.doer(actor).await?;
            let mut commit = merge.commit;
            for secret in &merge.created {
                self.put_number(&mut commit, spot.located.vault.id, secret.id, &doer.name)
                    .await?;
            }
            let details = json!({
                "format": format,
                "imported_count": imported,
                "updated_count": updated,
                "failed_imports": failed,
                "overwrite_enabled": overwrite,
                "environment_name": spot.place.environment.as_str(),
                "project": spot.project.name,
            });
            let done = Done::new("environment_imported", "environment", environment, details);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(Imported::Done { imported, updated });
            }
        }
        Err(contended("the environment"))
    }
}
