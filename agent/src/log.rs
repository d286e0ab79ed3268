//! One logfmt line per event on standard error: names, versions and reasons, never a value.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

/// Writes an event at level `info`.
pub fn info(event: &str, fields: &[(&str, &dyn Display)]) {
    write("info", event, fields);
}

/// Writes an event at level `warn`.
pub fn warn(event: &str, fields: &[(&str, &dyn Display)]) {
    write("warn", event, fields);
}

fn write(level: &str, event: &str, fields: &[(&str, &dyn Display)]) {
    let line = line(level, event, fields);
    // Nobody is left to tell if standard error is gone.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn line(level: &str, event: &str, fields: &[(&str, &dyn Display)]) -> String {
    let mut line = format!("level={level} event={event}");
    for (key, value) in fields {
        let text = value.to_string();
        let plain = !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"=\\".contains(&b));
        // Writing to a String cannot fail.
        let _ = if plain {
            write!(line, " {key}={text}")
        } else {
            write!(line, " {key}={text:?}")
        };
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_its_fields_hold() {
        let line = line(
            "warn",
            "waiting",
            &[("reason", &"no \"route\"\nlevel=info event=ready"), ("tries", &3)],
        );
        assert_eq!(
            line,
            "level=warn event=waiting reason=\"no \\\"route\\\"\\nlevel=info event=ready\" tries=3\n"
        );
    }
}
