//! What was found.

use serde_json::{Value, json};

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It would be refused, or would never become ready.
    Error,
    /// It may be right: what it needs may come from elsewhere.
    Warning,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line where its document begins.
    pub line: usize,
    /// How grave.
    pub level: Level,
    /// Kind, namespace and name; empty for a file that cannot be read.
    pub object: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Finding {
    /// As a row of a table.
    pub fn row(&self) -> Vec<String> {
        let object = if self.object.is_empty() { "-" } else { &self.object };
        vec![
            self.level.as_str().to_owned(),
            format!("{}:{}", self.file, self.line),
            object.to_owned(),
            self.message.clone(),
        ]
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "level": self.level.as_str(),
            "file": self.file,
            "line": self.line,
            "object": self.object,
            "message": self.message,
        })
    }
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Report(Vec<Finding>);

impl Report {
    /// One more.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// By file and line.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
