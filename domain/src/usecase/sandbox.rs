//! A sandbox: an organization of its own beside another, for trying things out. Nothing of either is seen in the other;
//! only who manages the keys of the first can have a key for its sandbox.

use super::{
    Caller, Coffer,
    access::Ask,
    api_keys::{IssuedKey, NewApiKey},
    key_rules::{check_details, check_grants},
    vaults::VaultSettings,
};
use crate::{
    Error,
    audit::Outcome,
    name::{EnvName, OrgName, VaultName},
    rights::Permission,
};

/// What comes after an organization's name in that of its sandbox.
const SUFFIX: &str = ".sandbox";

impl Coffer {
    /// A new key for the sandbox of an organization, with no right in it that its maker lacks in the organization
    /// itself. The sandbox is made with its first key, with a vault `default`.
    pub async fn create_sandbox_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        new: NewApiKey,
    ) -> Result<IssuedKey, Error> {
        let ask = Ask {
            permission: Permission::WriteKeys,
            action: "key.create",
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        self.check_end(&new)?;
        check_grants(caller, &new.grants)?;
        check_details(caller, &new.details)?;
        let name = OrgName::new(format!("{organization}{SUFFIX}"))?;
        let keeper = Caller {
            origin: caller.origin.clone(),
            ..Caller::controller()
        };
        let sandbox = self.ensure_organization(&keeper, &name).await?;
        if sandbox.account.is_some() {
            let reason = format!("{name} is a project already, so it cannot be a sandbox");
            return Err(Error::Refused(reason));
        }
        let settings = VaultSettings {
            environments: vec![EnvName::default_environment()],
            access: Vec::new(),
            owner: None,
        };
        let vault = VaultName::new("default")?;
        match self.create_vault(&keeper, &name, &vault, settings).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => {}
            Err(other) => return Err(other),
        }
        let issued = self.issue(sandbox.id, new);
        let id = issued.key.id;
        // In the sandbox's own log, by its keeper: the maker has no part in it. And in the account's, by its maker.
        let issued = self.keep_issued(&keeper, ask.action, issued).await?;
        let event = self.event(caller, ask.action, format!("key:{id}"), Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(issued)
    }

    /// Whether an organization is a sandbox.
    pub fn is_sandbox(name: &OrgName) -> bool {
        name.as_str().ends_with(SUFFIX)
    }
}
