//! What the agent costs a pod: bytes of the program, resident memory with one stream open and values in
//! place, and milliseconds from a message on the wire to its acknowledgement.
//!
//! `cargo bench -p coffer-agent --bench footprint -- PROGRAM`: PROGRAM is the static build that ships
//! (`make programs`); without it, the one that Cargo built for the benchmark.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at what it did not expect")]

#[expect(dead_code, reason = "the benchmark uses a part of what the tests do")]
#[path = "../tests/it/pod.rs"]
mod pod;
#[expect(dead_code, reason = "the benchmark uses a part of what the tests do")]
#[path = "../tests/it/server.rs"]
mod server;

use std::time::Instant;

use serde_json::json;

const ROUNDS: u64 = 200;

fn main() {
    let program = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_coffer-agent").to_owned());
    println!(
        "{:<52} {:>10}",
        "program",
        std::fs::metadata(&program).unwrap().len()
    );

    let authority = server::Authority::new();
    let server = server::Server::start(&authority);
    let pod = pod::Pod::new(&server.url, &authority.pem);
    let mut command = std::process::Command::new(program);
    command
        .arg("run")
        .arg("--termination-log")
        .arg(pod.path("message"))
        .env_clear();
    command.env("COFFER_AGENT_CONFIG", pod.config.to_string());
    let agent = pod.spawn(command);
    let mut stream = server.watch().begin();

    let mut times: Vec<f64> = (1..=ROUNDS)
        .map(|version| {
            let start = Instant::now();
            stream.send(&pod::values(&[
                ("a", version, &version.to_string()),
                ("app/b", version, ""),
            ]));
            assert_eq!(server.accepted(), json!({"a": version, "app/b": version}));
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    let resident = resident_kib(agent.pid());
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{:<52} {resident:>10}",
        "resident, one stream open, after 200 changes (KiB)"
    );
    println!("{:<52} {:>10.2}", "message to acknowledgement, p50 (ms)", at(50));
    println!("{:<52} {:>10.2}", "message to acknowledgement, p99 (ms)", at(99));
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
