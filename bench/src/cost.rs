//! What a process costs: resident memory, and processor time.

use std::fs;

use anyhow::{Context, Result};

use crate::{
    report::{Row, Unit},
    stats::number,
};

/// What a process holds in memory, in 10^6 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resident {
    /// All of it.
    pub megabytes: f64,
    /// Its own data; the rest are pages of the program's file, which the system can drop and share.
    pub own: f64,
}

impl Resident {
    /// The figure as a row.
    pub fn row(self, name: impl Into<String>) -> Row {
        let note = format!("{:.1} MB of it own data, the rest the program itself", self.own);
        Row::new(name, self.megabytes, Unit::Megabytes).note(note)
    }
}

/// What a process holds now.
pub fn resident(pid: u32) -> Result<Resident> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let megabytes = |name: &str| {
        let kib = kib(&status, name).with_context(|| format!("{path} has no {name}"))?;
        Ok::<_, anyhow::Error>(number(kib * 1024) / 1e6)
    };
    Ok(Resident {
        megabytes: megabytes("VmRSS:")?,
        own: megabytes("RssAnon:")?,
    })
}

/// Microseconds that all its threads have spent on processors so far, in steps of [`TICK`].
pub fn processor_micros(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let ticks = ticks(&stat).with_context(|| format!("{path} has no times"))?;
    Ok(ticks * TICK)
}

/// Microseconds in a tick of `/proc/PID/stat`: `USER_HZ` is 100 on every Linux.
const TICK: u64 = 10_000;

/// `utime` and `stime`, the 14th and 15th field (proc(5)). The 2nd may hold spaces, so count behind it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(") ")?;
    let mut fields = behind.split(' ').skip(11).map(|field| field.parse::<u64>().ok());
    Some(fields.next()?? + fields.next()??)
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found() {
        assert_eq!(kib("VmHWM:\t 9 kB\nVmRSS:\t   1234 kB\n", "VmRSS:"), Some(1234));
        assert_eq!(kib("State:\tZ (zombie)\n", "VmRSS:"), None);
    }

    #[test]
    fn times_are_found_behind_an_odd_name() {
        let stat = "1 (a) b) S 0 1 1 0 -1 4194560 9 9 9 9 30 12 1 1 20 0 3 0 9";
        assert_eq!(ticks(stat), Some(42));
    }

    #[test]
    fn this_process_has_some() {
        let held = resident(std::process::id()).unwrap();
        assert!(held.megabytes > held.own && held.own > 0.0, "{held:?}");
    }
}
