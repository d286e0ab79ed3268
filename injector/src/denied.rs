//! How the injector says no: what it is about, what is wrong, and how to mend it. It quotes annotations
//! and names, shortened and escaped; nothing in a pod's other fields.

use std::fmt;

/// A refusal, shown by the API server to whoever made the pod.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{about}: {problem}; {fix}")]
pub struct Denied {
    about: String,
    problem: String,
    fix: String,
}

impl Denied {
    /// `about` names the annotation or field, `problem` what is wrong with it, `fix` what to do.
    pub fn new(about: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            about: one_line(about.into()),
            problem: one_line(problem.into()),
            fix: one_line(fix.into()),
        }
    }
}

/// The longest part of a message, in characters.
const LONGEST_PART: usize = 400;

/// Without what could break out of a line of a log or a terminal, and not too long.
fn one_line(text: String) -> String {
    if text.len() <= LONGEST_PART && !text.contains(char::is_control) {
        return text;
    }
    text.chars()
        .take(LONGEST_PART)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The longest piece of someone's text that a message repeats, in characters.
const LONGEST_QUOTE: usize = 64;

/// Someone's text inside a message: in double quotes, escaped, shortened.
pub fn quoted(text: &str) -> impl fmt::Display {
    let mut short: String = text.chars().take(LONGEST_QUOTE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// The candidate that `word` was probably meant to be, if one is near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // An edit for each three characters; a longer word is cut, since its cost grows with the product of lengths.
    let word: String = word.chars().take(LONGEST_QUOTE).collect();
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 4 * LONGEST_QUOTE)
        .map(|candidate| {
            (
                strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"? ` or nothing, to stand before a fix.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, candidates)
        .map(|near| format!("did you mean {}? ", quoted(near)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_reads_as_about_problem_and_fix() {
        let denied = Denied::new("coffer.dev/mode", "\"x\" is not a mode", "write env-file or exec");
        assert_eq!(
            denied.to_string(),
            "coffer.dev/mode: \"x\" is not a mode; write env-file or exec"
        );
    }

    #[test]
    fn a_denial_is_one_line() {
        let denied = Denied::new("a\nb", "x".repeat(1000), "\u{1b}[31m");
        assert_eq!(
            denied.to_string(),
            format!("a b: {};  [31m", "x".repeat(LONGEST_PART))
        );
    }

    #[test]
    fn quotes_escape_and_shorten() {
        assert_eq!(quoted("a\n\"b").to_string(), r#""a\n\"b""#);
        assert_eq!(quoted(&"é".repeat(100)).to_string().chars().count(), 64 + 3);
    }

    #[test]
    fn nearest_finds_typos_and_nothing_far() {
        let keys = ["DATABASE_URL", "API_TOKEN"];
        assert_eq!(nearest("DATABSE_URL", keys), Some("DATABASE_URL"));
        assert_eq!(nearest("api_token", keys), Some("API_TOKEN"));
        assert_eq!(nearest("SMTP_HOST", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
