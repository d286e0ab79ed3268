//! What /proc says about a process, as far as telling one process from the next needs it.

use std::fs;

use anyhow::{Context, Result};

/// The two fields of `/proc/PID/stat` that matter here (proc(5), fields 3 and 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub state: char,
    /// Ticks between boot and the process's start. With the boot's id it names a process for good.
    pub started: u64,
}

impl Stat {
    /// None when there is no such process.
    pub fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// A zombie has ended; it only waits to be collected.
    pub fn running(self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    /// The second field is the program's name in parentheses, and may itself hold spaces and
    /// parentheses: what counts begins after the last one.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line[line.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        Some(Self {
            state,
            started: fields.nth(18)?.parse().ok()?,
        })
    }
}

/// Differs after every boot.
pub fn boot_id() -> Result<String> {
    const PATH: &str = "/proc/sys/kernel/random/boot_id";
    Ok(fs::read_to_string(PATH)
        .with_context(|| format!("cannot read {PATH}"))?
        .trim()
        .to_owned())
}

/// Every process with an argument equal to `argument`: how a program is found that some other
/// program started on our behalf, by a path that is ours alone.
pub fn pids_with_argument(argument: &str) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| command_line(*pid).split('\0').any(|word| word == argument))
        .collect()
}

fn command_line(pid: i32) -> String {
    fs::read(format!("/proc/{pid}/cmdline"))
        .map_or_else(|_| String::new(), |b| String::from_utf8_lossy(&b).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let tail = "S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 11 12";
        for name in ["sh", "a b", "evil) R 1", ")("] {
            let stat = Stat::parse(&format!("42 ({name}) {tail}")).unwrap();
            assert_eq!(
                stat,
                Stat {
                    state: 'S',
                    started: 98_765
                },
                "{name}"
            );
        }
        assert_eq!(Stat::parse("42 (sh) S 1 2"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn reads_this_very_process() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert!(Stat::of(pid).unwrap().running());
        assert!(!boot_id().unwrap().is_empty());
    }
}
