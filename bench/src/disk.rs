//! What the disk itself takes for the smallest durable write: the ground under figures of durable work.

use std::{fs::File, io::Write, path::Path, time::Instant};

use anyhow::{Context, Result};

use crate::{
    report::{Row, Unit},
    stats::percentile,
};

const ROUNDS: usize = 500;

/// Appends a page and flushes it, many times.
pub fn measure(folder: &Path) -> Result<Vec<Row>> {
    let path = folder.join("flushed");
    let mut file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let note = format!("p99 {:.2} ms, {ROUNDS} times", percentile(&times, 99));
    let name = "disk: append 4 KiB and fdatasync, p50";
    Ok(vec![
        Row::new(name, percentile(&times, 50), Unit::Milliseconds).note(note),
    ])
}
