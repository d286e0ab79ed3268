//! Organizations.

use std::collections::BTreeMap;

use coffer_domain::{
    entity::EnvironmentType,
    forge::Membership,
    id::UserId,
    record::Kept,
    repo_role::{Minimum, RepoRole},
    usecase::keyway::{Colleague, Company, OrganizationSettings, TRIAL_DAYS},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Moment, trial::TrialOut};
use crate::{
    http::fields::FieldFault,
    keyway::plan::{PLAN, TRIED},
};

/// An organization, to its members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationOut {
    id: String,
    login: String,
    display_name: String,
    avatar_url: String,
    plan: &'static str,
    effective_plan: &'static str,
    member_count: usize,
    vault_count: usize,
    created_at: Moment,
    role: &'static str,
    trial: TrialOut,
    default_permissions: DefaultsOut,
    trial_duration_days: i64,
    /// As the command's library reads them.
    #[serde(flatten)]
    snake: SnakeOut,
}

/// What an organization says a second time, in the words that the product's command reads.
#[derive(Debug, Serialize)]
struct SnakeOut {
    display_name: String,
    avatar_url: String,
    effective_plan: &'static str,
    member_count: usize,
    vault_count: usize,
}

/// What an organization says that the least roles are, by type of environment.
pub type DefaultsOut = BTreeMap<EnvironmentType, Minimum>;

impl OrganizationOut {
    /// An organization at `now`.
    pub fn of(company: Company, now: Timestamp) -> Self {
        let trial = TrialOut::of(company.trial, now);
        let snake = SnakeOut {
            display_name: name(&company.kept, company.forge.name.as_deref(), &company.forge.login),
            avatar_url: company.forge.avatar,
            effective_plan: effective(&trial),
            member_count: company.members,
            vault_count: company.vaults,
        };
        Self {
            id: company.kept.body.id.to_string(),
            login: company.forge.login,
            display_name: snake.display_name.clone(),
            avatar_url: snake.avatar_url.clone(),
            plan: PLAN,
            effective_plan: snake.effective_plan,
            member_count: snake.member_count,
            vault_count: snake.vault_count,
            created_at: Moment(company.kept.created_at),
            role: role(company.membership),
            trial,
            default_permissions: company.kept.body.defaults,
            trial_duration_days: TRIAL_DAYS,
            snake,
        }
    }
}

/// What its owners call it, else what it calls itself at the forge, else its login.
fn name(kept: &Kept<OrganizationSettings>, at_the_forge: Option<&str>, login: &str) -> String {
    let said = kept.body.display_name.as_deref();
    said.or(at_the_forge).unwrap_or(login).to_owned()
}

/// The plan that counts.
pub fn effective(trial: &TrialOut) -> &'static str {
    if trial.is_active() { TRIED } else { PLAN }
}

fn role(membership: Membership) -> &'static str {
    match membership {
        Membership::Owner => "owner",
        Membership::Member => "member",
    }
}

/// What is kept of an organization, after a change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedOut {
    id: String,
    login: String,
    display_name: Option<String>,
    default_permissions: DefaultsOut,
    updated_at: Moment,
}

impl ChangedOut {
    /// After a change.
    pub fn of(kept: Kept<OrganizationSettings>) -> Self {
        Self {
            id: kept.body.id.to_string(),
            login: kept.key,
            display_name: kept.body.display_name,
            default_permissions: kept.body.defaults,
            updated_at: Moment(kept.updated_at),
        }
    }
}

/// Somebody in an organization, to the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberOut {
    id: String,
    user_id: Option<String>,
    username: String,
    avatar_url: String,
    email: Option<String>,
    org_role: &'static str,
    role: &'static str,
    membership_state: &'static str,
    joined_at: Option<Moment>,
    on_keyway: bool,
}

impl From<Colleague> for MemberOut {
    fn from(colleague: Colleague) -> Self {
        let (user, role) = (colleague.member.user, role(colleague.member.is));
        Self {
            id: colleague.id.to_string(),
            user_id: colleague.account.as_ref().map(UserId::to_string),
            username: user.login,
            avatar_url: user.avatar,
            email: user.email,
            org_role: role,
            role,
            membership_state: "active",
            joined_at: colleague.since.map(Moment),
            on_keyway: colleague.account.is_some(),
        }
    }
}

/// Billing, of which there is none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingOut {
    plan: &'static str,
    status: &'static str,
    current_period_end: Option<Moment>,
    cancel_at_period_end: bool,
    effective_plan: &'static str,
    trial: TrialOut,
    prices: Option<Value>,
}

impl From<TrialOut> for BillingOut {
    fn from(trial: TrialOut) -> Self {
        Self {
            plan: PLAN,
            status: if trial.is_active() { "trialing" } else { "none" },
            current_period_end: None,
            cancel_at_period_end: false,
            effective_plan: effective(&trial),
            trial,
            prices: None,
        }
    }
}

/// The defaults that a request sends: `{"protected": {"read": "write", "write": "admin"}}`. What is left out is as it
/// is without any; null is nobody.
pub fn defaults(sent: Value) -> Result<DefaultsOut, FieldFault> {
    let wrong = || {
        let rule = "must be an object of protected, standard and development, each an object of read and write, which \
                    are roles or null";
        FieldFault::new("defaultPermissions", rule)
    };
    let Value::Object(types) = sent else {
        return Err(wrong());
    };
    let mut defaults = DefaultsOut::new();
    for (name, told) in types {
        let is: EnvironmentType = serde_json::from_value(Value::String(name)).map_err(|_| wrong())?;
        let Value::Object(mut told) = told else {
            return Err(wrong());
        };
        let usual = Minimum::of(is);
        let minimum = Minimum {
            read: least(told.remove("read"), usual.read).map_err(|NoRole| wrong())?,
            write: least(told.remove("write"), usual.write).map_err(|NoRole| wrong())?,
        };
        if !told.is_empty() {
            return Err(wrong());
        }
        defaults.insert(is, minimum);
    }
    Ok(defaults)
}

/// Neither a role nor null.
struct NoRole;

/// A role, or nobody.
fn least(sent: Option<Value>, usual: Option<RepoRole>) -> Result<Option<RepoRole>, NoRole> {
    match sent {
        None => Ok(usual),
        Some(Value::Null) => Ok(None),
        Some(Value::String(role)) => RepoRole::parse(&role).map(Some).ok_or(NoRole),
        Some(_) => Err(NoRole),
    }
}
