//! The table for people.

use std::fmt::Write;

use super::{Goal, Report, Row, Section, Unit};

/// The whole report.
pub fn render(report: &Report) -> String {
    let mut text = format!("{}\n", report.machine.sentence());
    text.push_str("\n| what | figure | goal | met | note |\n| --- | ---: | ---: | --- | --- |\n");
    for section in &report.sections {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| **{}** | | | | |", section.topic);
        render_section(&mut text, section);
    }
    text
}

fn render_section(text: &mut String, section: &Section) {
    for row in &section.rows {
        let _ = writeln!(text, "{}", line(row));
    }
    if let Some(failure) = &section.failure {
        let _ = writeln!(text, "| not measured | | | | {} |", one_line(failure));
    }
}

/// One row.
pub fn line(row: &Row) -> String {
    let goal = row.goal.map(|goal| goal_text(goal, row.unit)).unwrap_or_default();
    let met = row.met().map_or("", |met| if met { "yes" } else { "**no**" });
    let figure = figure(row.value, row.unit);
    format!(
        "| {} | {figure} | {goal} | {met} | {} |",
        row.name,
        one_line(&row.note)
    )
}

fn goal_text(goal: Goal, unit: Unit) -> String {
    match goal {
        Goal::AtLeast(least) => format!("≥ {}", figure(least, unit)),
        Goal::AtMost(most) => format!("≤ {}", figure(most, unit)),
    }
}

fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
        Unit::Milliseconds => format!("{value:.0} ms"),
        // Of little the first digit matters.
        Unit::Share if value < 0.1 => format!("{:.1}%", value * 100.0),
        Unit::Share => format!("{:.0}%", value * 100.0),
        Unit::Times => format!("{value:.1}×"),
        Unit::Kilobytes => format!("{value:.0} kB"),
        Unit::Megabytes => format!("{value:.1} MB"),
        Unit::Mebibytes => format!("{value:.2} MiB"),
        Unit::Count if value.fract() == 0.0 => thousands(value),
        Unit::Count => format!("{value:.3}"),
    }
}

/// Whole numbers with a comma between thousands.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_figure_goal_and_verdict() {
        let row = Row::new("reads", 12_345.6, Unit::PerSecond).goal(Goal::AtLeast(20_000.0));
        assert_eq!(line(&row), "| reads | 12,346/s | ≥ 20,000/s | **no** |  |");
        let row = Row::new("p99", 4.256, Unit::Milliseconds).note("a | b\nc");
        assert_eq!(line(&row), "| p99 | 4.26 ms |  |  | a \\| b c |");
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(figure(999.0, Unit::Count), "999");
        assert_eq!(figure(1000.0, Unit::Count), "1,000");
        assert_eq!(figure(0.0125, Unit::Count), "0.013");
        assert_eq!(figure(0.567, Unit::Share), "57%");
    }
}
