//! Texts that have to fit the API server's limits.

/// The most bytes of a message: far below a condition's limit (32 KiB), and enough to read.
pub const LONGEST_MESSAGE: usize = 4096;

/// `text`, cut to at most `longest` bytes between two characters.
pub fn shortened(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    format!(
        "{}...",
        &text[..text.floor_char_boundary(longest.saturating_sub(3))]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_even_in_the_middle_of_a_character() {
        let long = shortened(&"\u{e4}".repeat(800), 1000);
        assert!(long.len() <= 1000 && long.ends_with("..."), "{}", long.len());
        assert_eq!(shortened("short", 1000), "short");
    }
}
