//! Waiting for something to become true, never for time to pass.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

/// How long anything may take on a busy machine with two cores.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Asks until there is an answer; the last refusal is the error.
pub async fn eventually<T, F: Future<Output = Result<T>>>(what: &str, ask: impl Fn() -> F) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) if Instant::now() > end => {
                return Err(error).with_context(|| format!("still not so after {PATIENCE:?}: {what}"));
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
