//! What organizations with members need beside the general use-cases: users with passwords and one token each,
//! organizations with members of three roles, numbers for everything that their clients address by number, and
//! a log that those clients can read. Values are secrets like any other: a project is a vault, a variable a secret.
//!
//! Users, their tokens, organizations and memberships are kept in an organization of the door's; what belongs to
//! one tenant is kept with it, in the same commit as the change it is about.

mod account;
mod accounts;
mod adopt;
mod edit;
mod environment;
mod environments;
mod founding;
mod log;
mod login;
mod member;
mod number;
mod organization;
mod password;
mod project;
mod records;
mod role;
mod session;
mod transfer;
mod variable;
mod view;

use std::sync::{Arc, OnceLock};

pub use account::{Login, NewUser, Registration, User};
pub use accounts::AccountChange;
pub use environment::{Environment, EnvironmentChange, Kind, NewEnvironment};
pub use log::{LogFilter, Row};
pub use member::{MOST_MEMBERS, Member, Roled};
pub use organization::Organization;
pub use password::{Cost, PasswordError, Passwords};
pub use project::{NewProject, Project};
pub use role::Role;
pub use session::{Actor, Signed, Who};
pub use transfer::{Exported, Imported};
pub use variable::{Shown, VariableChange};
pub use view::{EnvironmentView, MemberView, OrganizationView, Page, ProjectView, VariableView};

use super::{Caller, Coffer};
use crate::{Error, audit::Origin, id::OrgId, name::OrgName, principal::Principal, store::Commit};

/// The door, in the audit log and in the ids of its users.
pub const DOOR: &str = "keynest";

/// The door's own organization. Neither a namespace nor an organization made here can have this name.
const HOME: &str = "_keynest";

/// The use-cases, over one store.
#[derive(Debug)]
pub struct KeyNest {
    coffer: Coffer,
    passwords: Arc<dyn Passwords>,
    home: OnceLock<OrgId>,
    numbers: number::Numbers,
    sessions: session::Sessions,
}

impl KeyNest {
    /// Over `coffer`, with what stretches passwords.
    pub fn new(coffer: Coffer, passwords: Arc<dyn Passwords>) -> Self {
        Self {
            coffer,
            passwords,
            home: OnceLock::new(),
            numbers: number::Numbers::default(),
            sessions: session::Sessions::default(),
        }
    }

    /// The door's own organization, made now if there is none.
    async fn home(&self) -> Result<OrgId, Error> {
        if let Some(home) = self.home.get() {
            return Ok(*home);
        }
        let name = OrgName::new(HOME)?;
        let origin = Origin {
            door: DOOR,
            ..Origin::controller()
        };
        let made = self.coffer.ensure_organization(&door(origin), &name).await?;
        Ok(*self.home.get_or_init(|| made.id))
    }

    /// A commit of `organization` that nothing is in yet but its event.
    fn commit(&self, caller: &Caller, organization: OrgId, action: &str, target: String) -> Commit {
        Commit {
            organization,
            preconditions: Vec::new(),
            writes: Vec::new(),
            audit: self
                .coffer
                .event(caller, action, target, crate::audit::Outcome::Allowed),
            changes: Vec::new(),
        }
    }
}

/// The door itself, for what somebody asks who is not known yet.
fn door(origin: Origin) -> Caller {
    Caller {
        principal: Principal::Controller,
        origin,
    }
}

/// A key by which numbers sort.
fn padded(number: u64) -> String {
    format!("{number:012}")
}
