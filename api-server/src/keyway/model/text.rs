//! Values as texts.

use coffer_domain::secret_value::SecretValue;

use crate::keyway::error::{CONFLICT, Problem};

/// A value as text, which is all that this door can show.
pub fn of<'a>(name: &str, value: &'a SecretValue) -> Result<&'a str, Problem> {
    std::str::from_utf8(value.reveal()).map_err(|_| {
        Problem::new(
            CONFLICT,
            format!("the value of {name} is not text; read it through another API"),
        )
    })
}

/// The first and last characters of a text of some length, and how one of less is hidden whole.
pub fn preview(text: &str) -> String {
    const HIDDEN: char = '\u{2022}';
    let hidden = |count: usize| HIDDEN.to_string().repeat(count);
    let characters: Vec<char> = text.chars().collect();
    let shown = match characters.len() {
        0..=8 => return hidden(8),
        9..=12 => 2,
        _ => 4,
    };
    let head: String = characters.iter().take(shown).collect();
    let tail: String = characters.iter().skip(characters.len() - shown).collect();
    format!("{head}{}{tail}", hidden(4))
}

#[cfg(test)]
mod tests {
    use super::preview;

    #[test]
    fn short_texts_are_hidden_whole() {
        for (text, expected) in [
            ("", "••••••••"),
            ("12345678", "••••••••"),
            ("123456789", "12••••89"),
            ("postgres://user:pass@host:5432/db", "post••••2/db"),
            ("äöüäöüäöüäöüä", "äöüä••••äöüä"),
        ] {
            assert_eq!(preview(text), expected, "{text}");
        }
    }
}
