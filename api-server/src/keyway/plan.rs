//! Plans. Everybody has the free one; whether its limits bite is the server's setting.

use coffer_domain::{
    forge::Repository,
    integration::Provider,
    usecase::keyway::{Entered, Frozen, Summary, TRIAL_DAYS},
};
use serde::Serialize;

use super::{auth::Signed, error::Problem};
use crate::app::App;

/// What everybody has.
pub const PLAN: &str = "free";
/// What a running trial is of.
pub const TRIED: &str = "team";
/// How many private vaults it has.
pub const PRIVATE_VAULTS: usize = 1;
/// How many environments a vault has.
pub const ENVIRONMENTS: usize = 4;
/// How many connections to providers.
pub const PROVIDERS: usize = 2;

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
    if vaults.iter().filter(private).count() >= PRIVATE_VAULTS {
        return Err(limit("the free plan has one private vault"));
    }
    Ok(())
}

/// How many connections somebody may have, where limits bite.
pub fn most_connections(app: &App) -> Option<usize> {
    app.keyway.settings.plan_limits.then_some(PROVIDERS)
}

/// How one connection too many reads.
pub const TOO_MANY_CONNECTIONS: &str = "the free plan has two connections with providers";

/// Refuses one connection too many before anybody is sent away for it. One that is there already can be made anew.
pub async fn check_new_connection(app: &App, signed: &Signed, provider: Provider) -> Result<(), Problem> {
    let Some(most) = most_connections(app) else {
        return Ok(());
    };
    let there = app.keyway.cases.connections(&signed.session).await?;
    let known = there.iter().any(|kept| kept.body.provider == provider);
    if there.len() >= most && !known {
        return Err(limit(TOO_MANY_CONNECTIONS));
    }
    Ok(())
}

/// Why a vault is read-only, where limits bite.
pub async fn frozen(app: &App, here: &Entered) -> Result<Option<Frozen>, Problem> {
    if !app.keyway.settings.plan_limits {
        return Ok(None);
    }
    Ok(app.keyway.cases.frozen(here, PRIVATE_VAULTS).await?)
}

/// Refuses writing to a vault that is read-only.
pub async fn check_writable(app: &App, here: &Entered) -> Result<(), Problem> {
    match frozen(app, here).await? {
        None => Ok(()),
        Some(Frozen::PlanLimit) => Err(limit(
            "the vault is read-only: the free plan has one private vault, and there is an older one",
        )),
        Some(Frozen::OrganizationPlan) => {
            let owner = here.repository.as_ref().map_or("", |found| found.owner.as_str());
            check_organization(app, owner).await
        }
    }
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
