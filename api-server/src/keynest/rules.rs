//! The rules of single fields, with the words of the original's framework where its documentation shows them.

use coffer_domain::{envfile::is_variable_name, name::EnvName};

/// What is missing.
pub const REQUIRED: &str = "This field is required.";

/// Passwords that everybody tries first, in lower case, of those that are long enough.
const KNOWN: [&str; 46] = [
    "password",
    "password1",
    "password12",
    "password123",
    "password1234",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyui",
    "qwerty123",
    "qwerty12",
    "qwertyuiop",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "zaq12wsx",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "football1",
    "baseball",
    "superman",
    "starwars",
    "trustno1",
    "letmein1",
    "letmein123",
    "welcome1",
    "welcome123",
    "admin123",
    "administrator",
    "changeme",
    "changeme123",
    "whatever",
    "computer",
    "michelle",
    "jennifer",
    "corvette",
    "maverick",
    "mercedes",
    "midnight",
    "internet",
    "abcd1234",
    "abc12345",
    "asdfghjkl",
    "asdf1234",
];

/// What is wrong with a new password.
pub fn password(text: &str) -> Option<&'static str> {
    let length = text.chars().count();
    if length < 8 {
        Some("Ensure this field has at least 8 characters.")
    } else if length > 128 {
        Some("Ensure this field has no more than 128 characters.")
    } else if text.chars().all(|c| c.is_ascii_digit()) {
        Some("This password is entirely numeric.")
    } else if KNOWN.contains(&text.to_lowercase().as_str()) {
        Some("This password is too common.")
    } else {
        None
    }
}

/// What is wrong with a username.
pub fn username(text: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.len() < 3 {
        Some("Ensure this field has at least 3 characters.")
    } else if text.len() > 150 {
        Some("Ensure this field has no more than 150 characters.")
    } else if !text.bytes().all(plain) {
        Some("Username can only contain letters, numbers, and underscores.")
    } else {
        None
    }
}

/// What is wrong with an address.
pub fn email(text: &str) -> Option<&'static str> {
    const WRONG: &str = "Enter a valid email address.";
    if text.len() > 254 {
        return Some("Ensure this field has no more than 254 characters.");
    }
    let word = |c: char| c.is_ascii_alphanumeric();
    let local = |c: char| word(c) || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let Some((name, host)) = text.rsplit_once('@') else {
        return Some(WRONG);
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| word(c) || c == '-')
    };
    let dotted = |text: &str| text.starts_with('.') || text.ends_with('.') || text.contains("..");
    let good_name = !name.is_empty() && name.len() <= 64 && name.chars().all(local) && !dotted(name);
    let good_host = host == "localhost" || (host.contains('.') && host.split('.').all(label));
    (!good_name || !good_host).then_some(WRONG)
}

/// What is wrong with the name of an organization, trimmed.
pub fn organization(text: &str) -> Option<&'static str> {
    length(text).or_else(|| {
        text.chars()
            .any(char::is_control)
            .then_some("Control characters are not allowed.")
    })
}

/// What is wrong with the name of a project, trimmed.
pub fn project(text: &str) -> Option<&'static str> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '\t' | '-' | '_' | '.');
    length(text).or_else(|| {
        let why = "Project name can only contain letters, numbers, spaces, hyphens, underscores, and dots.";
        (!text.chars().all(good)).then_some(why)
    })
}

fn length(text: &str) -> Option<&'static str> {
    match text.chars().count() {
        0 | 1 => Some("Ensure this field has at least 2 characters."),
        2..=255 => None,
        _ => Some("Ensure this field has no more than 255 characters."),
    }
}

/// An environment's name in lower case, as it is kept.
pub fn environment(text: &str) -> Result<EnvName, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match text.len() {
        0 | 1 => return Err("Ensure this field has at least 2 characters."),
        2..=100 => {}
        _ => return Err("Ensure this field has no more than 100 characters."),
    }
    if !text.bytes().all(plain) {
        return Err("Environment name can only contain letters, numbers, hyphens, and underscores.");
    }
    EnvName::new(text.to_ascii_lowercase()).map_err(|_| "Environment name cannot start with a hyphen.")
}

/// What is wrong with the key of a variable that is made by itself.
pub fn key(text: &str) -> Option<&'static str> {
    let starts = text.starts_with(|first: char| first.is_ascii_uppercase());
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if text.len() > LONGEST_KEY {
        Some("Ensure this field has no more than 255 characters.")
    } else if !starts || !text.bytes().all(plain) {
        Some("Key must start with a letter and contain only uppercase letters, numbers, and underscores.")
    } else {
        None
    }
}

/// The longest key.
pub const LONGEST_KEY: usize = 255;

/// The longest value that is written here, in characters.
pub const LONGEST_VALUE: usize = 10_000;

/// What is wrong with a key that is imported: looser than one that is made by itself.
pub fn imported_key(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST_KEY {
        Some("key is longer than 255 characters")
    } else if is_variable_name(text) {
        None
    } else {
        Some("key must start with a letter or underscore and contain only letters, numbers, and underscores")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in [
            "user@example.com",
            "a+b@x.co",
            "o'brien@sub.example.org",
            "root@localhost",
        ] {
            assert_eq!(email(good), None, "{good}");
        }
        for bad in [
            "", "bad", "@", "a@", "@b.c", "a@b", "a b@c.de", "a@b..c", "a@-b.c", ".a@b.cd", "a@b.c\n",
        ] {
            assert!(email(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn weak_passwords_are_refused() {
        for good in ["securepassword123", "SecurePass123!", "correct horse"] {
            assert_eq!(password(good), None, "{good}");
        }
        for bad in ["short", "12345678", "Password123", &"x".repeat(129)] {
            assert!(password(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_keep_to_their_rules() {
        assert_eq!(environment("Production").unwrap().as_str(), "production");
        for bad in ["a", "-a", "a b", "a.b", &"x".repeat(101)] {
            assert!(environment(bad).is_err(), "{bad}");
        }
        assert_eq!(project("My app_1.2-x"), None);
        assert!(project("bad/name").is_some() && project("A").is_some());
        assert!(
            key("API_KEY").is_none() && key("api_key").is_some() && key("1A").is_some() && key("").is_some()
        );
        assert!(imported_key("_a1").is_none() && imported_key("1BAD").is_some());
    }
}
