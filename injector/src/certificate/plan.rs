//! What is due, decided purely from dates and names.

use jiff::{SignedDuration, Timestamp};

use super::{
    issue::{self, LEAF_LIFE},
    material::{Material, MaterialFacts},
};

/// How long a new authority is trusted before it signs, so that every API server has heard of it.
pub const SOAK: SignedDuration = SignedDuration::from_hours(1);

/// One change to the Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is due before that time.
    Keep(Timestamp),
    /// Everything anew: there is nothing, or nothing that still holds.
    Create,
    /// A new server certificate from the same authority.
    RenewLeaf,
    /// A new authority, to be trusted beside the present one.
    StageAuthority,
    /// The new authority signs from now on; the old one is still trusted.
    PromoteAuthority,
    /// Nothing that the old authority signed can still be served.
    DropPrevious,
}

/// When two thirds of a life are over.
fn renewal(made: Timestamp, ends: Timestamp) -> Timestamp {
    made + ends.duration_since(made) * 2 / 3
}

/// When what an earlier authority signed has ended, given when its successor was made.
fn previous_ends(successor_made: Timestamp) -> Timestamp {
    // The successor signs at the earliest when it has soaked; allow for a replica that was slow to see it.
    successor_made + SOAK + LEAF_LIFE + LEAF_LIFE
}

/// Decides the one next step. `names` are the host names that the server certificate has to have.
pub fn next_step(facts: &MaterialFacts, names: &[String], now: Timestamp) -> Step {
    let MaterialFacts {
        current,
        next,
        has_previous,
        leaf,
    } = facts;
    let authority_due = renewal(current.made, current.ends);
    if now >= current.ends {
        return Step::Create;
    }
    if let Some(next) = next {
        if now >= next.made + SOAK {
            return Step::PromoteAuthority;
        }
    } else if now >= authority_due {
        return Step::StageAuthority;
    }
    let leaf_due = renewal(leaf.made, leaf.ends.min(current.ends));
    if now >= leaf_due || leaf.names != names {
        return Step::RenewLeaf;
    }
    let previous_due = has_previous.then(|| previous_ends(current.made));
    if previous_due.is_some_and(|due| now >= due) {
        return Step::DropPrevious;
    }
    let promotion = next.as_ref().map_or(authority_due, |next| next.made + SOAK);
    Step::Keep(
        [Some(leaf_due), Some(promotion), previous_due]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(leaf_due),
    )
}

/// Carries a step out on the contents; `None` for those of a Secret that has nothing usable.
pub fn carry_out(
    step: Step,
    material: Option<Material>,
    names: &[String],
    now: Timestamp,
) -> Result<Material, issue::Error> {
    let Some(mut material) = material.filter(|_| step != Step::Create) else {
        let current = issue::authority(now)?;
        let leaf = issue::leaf(&current, names, now)?;
        return Ok(Material {
            current,
            next: None,
            previous: None,
            leaf,
        });
    };
    match step {
        Step::Keep(_) | Step::Create => {}
        Step::RenewLeaf => material.leaf = issue::leaf(&material.current, names, now)?,
        Step::StageAuthority => material.next = Some(issue::authority(now)?),
        Step::PromoteAuthority => {
            if let Some(next) = material.next.take() {
                material.leaf = issue::leaf(&next, names, now)?;
                material.previous = Some(std::mem::replace(&mut material.current, next).certificate);
            }
        }
        Step::DropPrevious => material.previous = None,
    }
    Ok(material)
}
