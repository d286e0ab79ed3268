//! Plans. Everybody has the free one; whether its limits bite is the server's setting.

use coffer_domain::{
    forge::Repository,
    usecase::keyway::{Summary, TRIAL_DAYS},
};
use serde::Serialize;

use super::{auth::Signed, error::Problem};
use crate::app::App;

/// What everybody has.
pub const PLAN: &str = "free";
/// How many private vaults it has.
pub const PRIVATE_VAULTS: u64 = 1;
/// How many environments a vault has.
pub const ENVIRONMENTS: usize = 4;
/// How many connections to providers.
pub const PROVIDERS: u64 = 2;

const UPGRADE: &str = "https://keyway.sh/pricing";

/// What an answer says of a limit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanLimit {
    upgrade_url: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_info: Option<TrialInfo>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TrialInfo {
    eligible: bool,
    days_available: i64,
    org_login: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// A limit with nothing to try.
pub fn limit(detail: &str) -> Problem {
    let plan = PlanLimit {
        upgrade_url: UPGRADE,
        trial_info: None,
    };
    Problem::plan(detail, plan)
}

/// Refuses one private vault too many, where limits bite.
pub async fn check_new_vault(app: &App, signed: &Signed, repository: &Repository) -> Result<(), Problem> {
    if !app.keyway.settings.plan_limits || !repository.private {
        return Ok(());
    }
    if repository.organization {
        return check_organization(app, &repository.owner).await;
    }
    let vaults = app.keyway.cases.list(&signed.session, &signed.origin()).await?;
    let private = |summary: &&Summary| {
        let repository = summary.entered.repository.as_ref();
        repository.is_some_and(|it| it.private && !it.organization)
    };
    if vaults.iter().filter(private).count() as u64 >= PRIVATE_VAULTS {
        return Err(limit("the free plan has one private vault"));
    }
    Ok(())
}

/// An organization's private vaults take a paid plan, or a trial of it.
async fn check_organization(app: &App, login: &str) -> Result<(), Problem> {
    let (trial, now) = (app.keyway.cases.trial_of(login).await?, app.coffer.clock().now());
    if trial.is_some_and(|trial| now < trial.ends()) {
        return Ok(());
    }
    let info = TrialInfo {
        eligible: trial.is_none(),
        days_available: if trial.is_none() { TRIAL_DAYS } else { 0 },
        org_login: login.to_owned(),
        reason: trial.map(|_| "the trial is over"),
    };
    let plan = PlanLimit {
        upgrade_url: UPGRADE,
        trial_info: Some(info),
    };
    Err(Problem::plan(
        "private vaults of organizations take a paid plan",
        plan,
    ))
}
