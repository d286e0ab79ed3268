//! Commands that send a signal, which is all that can be done after a change.

use coffer_wire::SIGNALS;

/// `SIGNAL PROCESS`, if that is what the command does: `pkill`, `killall`, or `kill` with `$(pidof …)` or `$(pgrep …)`.
pub fn of(command: &str) -> Option<String> {
    let command = inside_shell(command.trim());
    let spaced = command
        .replace("$(", " $( ")
        .replace('`', " ` ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (program, rest) = words.split_first()?;
    let (signal, rest) = match rest {
        ["-s", signal, rest @ ..] => (*signal, rest),
        [flag, rest @ ..] if flag.starts_with('-') => (&flag[1..], rest),
        rest => ("TERM", rest),
    };
    let process = match (program.rsplit('/').next()?, rest) {
        ("pkill" | "killall", [process] | ["-x", process]) => process,
        ("kill", ["$(", finder, rest @ .., process, ")"] | ["`", finder, rest @ .., process, "`"])
            if ["pidof", "pgrep"].contains(finder) && rest.iter().all(|word| ["-x", "-s"].contains(word)) =>
        {
            process
        }
        _ => return None,
    };
    let plain = process
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !process.starts_with('-');
    let signal = named(signal)?;
    plain.then(|| format!("{signal} {process}"))
}

/// What `sh -c '…'` runs.
fn inside_shell(command: &str) -> &str {
    let inner = ["sh -c ", "/bin/sh -c "]
        .iter()
        .find_map(|shell| command.strip_prefix(shell));
    let Some(inner) = inner.map(str::trim) else {
        return command;
    };
    let unquoted = |quote: char| inner.strip_prefix(quote)?.strip_suffix(quote);
    unquoted('\'').or_else(|| unquoted('"')).unwrap_or(inner)
}

fn named(signal: &str) -> Option<&'static str> {
    let name = match signal {
        "1" => "HUP",
        "2" => "INT",
        "3" => "QUIT",
        "10" => "USR1",
        "12" => "USR2",
        "15" => "TERM",
        name => name.strip_prefix("SIG").unwrap_or(name),
    };
    SIGNALS
        .into_iter()
        .find(|known| known.strip_prefix("SIG") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_found_in_commands_and_nothing_else_is() {
        for (command, expected) in [
            ("kill -HUP $(pidof nginx)", Some("SIGHUP nginx")),
            ("kill -s USR1 `pidof haproxy`", Some("SIGUSR1 haproxy")),
            ("pkill -SIGHUP nginx", Some("SIGHUP nginx")),
            ("/usr/bin/pkill -1 -x envoy", Some("SIGHUP envoy")),
            ("sh -c 'killall -USR2 app'", Some("SIGUSR2 app")),
            ("kill $(pgrep -x app)", Some("SIGTERM app")),
            ("kill -9 $(pidof app)", None),
            ("kill -HUP 1", None),
            ("kill -HUP $(cat /run/app.pid)", None),
            ("pkill -HUP nginx; curl https://example.com", None),
            ("pkill -HUP nginx worker", None),
            ("pkill -f --all", None),
            ("supervisorctl restart app", None),
            ("", None),
        ] {
            assert_eq!(of(command).as_deref(), expected, "{command}");
        }
    }
}
