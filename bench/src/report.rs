//! Rows of the table: a figure, its unit, and the goal it is held against. The same report is written as
//! JSON, with figures unrounded.

mod markdown;

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Things per second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// A share of something, 1 being all of it.
    Share,
    /// Times something else.
    Times,
    /// 1,000 bytes.
    Kilobytes,
    /// 10^6 bytes.
    Megabytes,
    /// 2^20 bytes.
    Mebibytes,
    /// A plain number.
    Count,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// How much of it.
    pub value: f64,
    /// In which unit.
    pub unit: Unit,
    /// What it should be; a figure without one is there to explain others.
    pub goal: Option<Goal>,
    /// Under what conditions, or how it spreads.
    pub note: String,
}

impl Row {
    /// A figure to know.
    pub fn new(name: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            goal: None,
            note: String::new(),
        }
    }

    /// Holds it against a goal.
    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Adds what one should know of it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The row in one line, for progress.
    pub fn summary(&self) -> String {
        markdown::line(self)
    }

    /// Whether the goal is met, if there is one.
    pub fn met(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtLeast(least) => self.value >= least,
            Goal::AtMost(most) => self.value <= most,
        })
    }
}

/// A topic's rows, or why there are none.
#[derive(Debug, Serialize, Deserialize)]
pub struct Section {
    /// What they are about.
    pub topic: String,
    /// The figures.
    pub rows: Vec<Row>,
    /// Why it could not be measured.
    pub failure: Option<String>,
}

/// Everything measured in one run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// What.
    pub sections: Vec<Section>,
}

impl Report {
    /// One that [`Report::write`] wrote.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no report", path.display()))
    }

    /// The table, for people.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// Writes the table and the same as JSON into `folder`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let save = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        save("latest.md", self.markdown())?;
        save(
            "latest.json",
            format!("{}\n", serde_json::to_string_pretty(self)?),
        )
    }

    /// How many topics could not be measured.
    pub fn failures(&self) -> usize {
        self.sections
            .iter()
            .filter(|section| section.failure.is_some())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_include_their_bound() {
        let row = |value| Row::new("reads", value, Unit::Share);
        assert_eq!(row(0.5).goal(Goal::AtLeast(0.5)).met(), Some(true));
        assert_eq!(row(0.49).goal(Goal::AtLeast(0.5)).met(), Some(false));
        assert_eq!(row(0.51).goal(Goal::AtMost(0.5)).met(), Some(false));
        assert_eq!(row(1.0).met(), None);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let rows = vec![
            Row::new("reads", 1.5, Unit::PerSecond)
                .goal(Goal::AtMost(2.0))
                .note("n"),
        ];
        let section = Section {
            topic: "t".into(),
            rows: rows.clone(),
            failure: None,
        };
        let machine = Machine::look("c".into());
        Report {
            machine,
            sections: vec![section],
        }
        .write(folder.path())
        .unwrap();
        let read = Report::read(&folder.path().join("latest.json")).unwrap();
        assert_eq!(read.sections[0].rows, rows);
        assert_eq!(read.failures(), 0);
    }
}
