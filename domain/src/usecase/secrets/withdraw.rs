//! What an owner declared goes when the owner does: released, or deleted.

use std::collections::BTreeMap;

use super::{WRITE, declare::Declaration, plan::Plan};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    entity::Owner,
    name::SecretName,
    usecase::{ATTEMPTS, Caller, Coffer, contended},
};

impl Coffer {
    /// Withdraws everything that `owner` declared: deletes it, or only lets go of it.
    pub async fn withdraw_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        owner: &Owner,
        delete: bool,
    ) -> Result<(), Error> {
        let declaration = Declaration {
            owner: owner.clone(),
            keys: Vec::new(),
            sweep: true,
            delete_removed: delete,
        };
        self.declare_secrets(caller, place, &declaration).await.map(drop)
    }

    /// The same for an owner that declared nothing beside `names`, as the caller knows: what else the environment holds,
    /// which may be much, is not looked at.
    pub async fn withdraw_named(
        &self,
        caller: &Caller,
        place: &Place,
        owner: &Owner,
        names: &[SecretName],
        delete: bool,
    ) -> Result<(), Error> {
        let declaration = Declaration {
            owner: owner.clone(),
            keys: Vec::new(),
            sweep: false,
            delete_removed: delete,
        };
        for _ in 0..ATTEMPTS {
            let located = self.authorise(caller, WRITE, place, None).await?;
            let mut present = BTreeMap::new();
            for name in names {
                self.add_present(&mut present, &located, place, name).await?;
            }
            let event = self.event(caller, "secret.declare", place.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(place, &located, event);
            self.plan_removed(&mut plan, &present, &declaration).await?;
            if plan.is_empty() || self.try_commit(plan.finish()).await? {
                return Ok(());
            }
        }
        Err(contended(place))
    }
}
