//! Keys that do something, rather than write a letter.

use serde_json::{Value, json};

/// A key of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// To the next control.
    Tab,
    /// To the control before.
    BackTab,
    /// Sends a form, presses a button, follows a link.
    Enter,
    /// Presses a button, ticks a box.
    Space,
    /// Closes.
    Escape,
    /// Deletes the letter before.
    Backspace,
    /// Marks all that is in a field.
    SelectAll,
    /// To the next choice.
    Down,
    /// To the choice before.
    Up,
}

const SHIFT: u8 = 8;
const CONTROL: u8 = 2;

impl Key {
    /// Its name, its number, the letter it writes, and what is held with it.
    fn parts(self) -> (&'static str, u8, &'static str, u8) {
        match self {
            Self::Tab => ("Tab", 9, "", 0),
            Self::BackTab => ("Tab", 9, "", SHIFT),
            Self::Enter => ("Enter", 13, "\r", 0),
            Self::Space => (" ", 32, " ", 0),
            Self::Escape => ("Escape", 27, "", 0),
            Self::Backspace => ("Backspace", 8, "", 0),
            Self::SelectAll => ("a", 65, "", CONTROL),
            Self::Down => ("ArrowDown", 40, "", 0),
            Self::Up => ("ArrowUp", 38, "", 0),
        }
    }

    /// The events of pressing it and letting it go.
    pub(crate) fn events(self) -> [Value; 2] {
        let (key, number, text, modifiers) = self.parts();
        let code = match key {
            " " => "Space",
            "a" => "KeyA",
            other => other,
        };
        let event = |kind: &str| {
            json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
            })
        };
        let (mut down, up) = (event("keyDown"), event("keyUp"));
        if text.is_empty() {
            down["type"] = "rawKeyDown".into();
        } else {
            down["text"] = text.into();
        }
        if self == Self::SelectAll {
            down["commands"] = json!(["selectAll"]);
        }
        [down, up]
    }
}

/// The events of typing a letter.
pub(crate) fn letter(letter: char) -> [Value; 2] {
    [
        json!({"type": "keyDown", "key": letter, "text": letter}),
        json!({"type": "keyUp", "key": letter}),
    ]
}
