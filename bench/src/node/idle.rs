//! How quiet it is when nothing happens.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::flow::{Counts, Flows};
use crate::{
    report::{Goal, Row, Unit},
    stats::number,
};

/// Without requests for this long, the work is over.
const QUIET: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_mins(5);

/// Waits until our programs ask nothing more; what was counted then.
pub async fn settled(flows: &Flows) -> Result<Counts> {
    let end = Instant::now() + PATIENCE;
    let mut last = flows.counts().await?;
    let mut since = Instant::now();
    while since.elapsed() < QUIET {
        ensure!(Instant::now() < end, "requests do not cease");
        sleep(LOOK).await;
        let now = flows.counts().await?;
        if now.others != last.others {
            since = Instant::now();
        }
        last = now;
    }
    Ok(last)
}

/// Requests in so many minutes in which nobody asks for anything.
pub async fn measure(flows: &Flows, minutes: u64) -> Result<Vec<Row>> {
    eprintln!("   {minutes} idle minutes");
    let before = flows.counts().await?;
    sleep(Duration::from_mins(minutes)).await;
    let after = flows.counts().await?;
    let note = format!(
        "beside {} requests for the Lease and {} watches begun anew, of operator and injectors",
        after.leases - before.leases,
        after.watches - before.watches
    );
    let name = format!("requests in {minutes} idle minutes");
    Ok(vec![
        Row::new(name, number(after.others - before.others), Unit::Count)
            .goal(Goal::AtMost(0.0))
            .note(note),
    ])
}
