//! What a process costs.

use std::time::Duration;

/// A tick of `/proc/PID/stat`: `USER_HZ` is 100 on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// What a process holds, and has spent so far.
pub struct Cost {
    /// Resident memory, in 10^6 bytes.
    pub megabytes: f64,
    /// Time on processors, of all threads.
    pub processor: Duration,
}

impl Cost {
    /// Now.
    pub fn of(pid: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let kib: f64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // `utime` and `stime`, the 14th and 15th field (proc(5)). The 2nd may hold spaces, so count behind it.
        let (_, behind) = stat.rsplit_once(") ").unwrap();
        let ticks = behind
            .split(' ')
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u32>().unwrap());
        Self {
            megabytes: kib * 1024.0 / 1e6,
            processor: TICK * ticks.sum::<u32>(),
        }
    }

    /// The time on processors since then.
    pub fn since(&self, before: &Self) -> Duration {
        self.processor.saturating_sub(before.processor)
    }
}
