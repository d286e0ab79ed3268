//! The page on which a person decides a device code: one form in plain HTML, without a script, usable by keyboard
//! and by screen readers, light or dark as the system is.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

/// Nothing is loaded from anywhere, nothing embeds the page, and its form goes nowhere else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;background:Canvas;color:CanvasText;--line:#767676;--accent:#0b57d0;--on:#fff;--bad:#b3261e;--good:#146c2e}\
@media(prefers-color-scheme:dark){:root{--line:#8e918f;--accent:#a8c7fa;--on:#062e6f;--bad:#f2b8b5;--good:#9bd4a3}}\
*{box-sizing:border-box}\
body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:2rem 1rem;display:flex;justify-content:center}\
main{width:100%;max-width:26rem;overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}\
label{display:block;font-weight:600;margin-top:1.25rem}\
input{width:100%;font:inherit;padding:.6rem .75rem;margin-top:.25rem;border:1px solid var(--line);border-radius:.5rem}\
#user_code{font-family:ui-monospace,monospace;font-size:1.25rem;letter-spacing:.1em;text-transform:uppercase}\
.hint{font-size:.875rem;margin:.25rem 0 0}.hint span{white-space:nowrap}.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}\
button{font:inherit;font-weight:600;padding:.6rem 1.25rem;border-radius:.5rem;border:1px solid var(--line);\
background:transparent;color:inherit;cursor:pointer}\
button.main{background:var(--accent);border-color:var(--accent);color:var(--on)}\
[aria-invalid]{border:2px solid var(--bad)}\
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
.notice{border-left:.25rem solid;padding:.25rem .75rem;margin:1rem 0}\
.bad{border-color:var(--bad);color:var(--bad)}.good{border-color:var(--good);color:var(--good)}";

/// What the page has to say beside its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The code cannot be decided.
    Unknown,
    /// No code was typed.
    NoCode,
    /// No token was typed.
    NoToken,
    /// The token does not work.
    BadToken,
    /// The token is a key's.
    NotAUser,
    /// It is approved.
    Approved,
    /// It is refused.
    Denied,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Code,
    Token,
}

impl Notice {
    /// The field that has to be filled in otherwise.
    fn about(self) -> Option<Field> {
        match self {
            Self::Unknown | Self::NoCode => Some(Field::Code),
            Self::NoToken | Self::BadToken | Self::NotAUser => Some(Field::Token),
            Self::Approved | Self::Denied => None,
        }
    }

    /// What it says.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unknown => {
                "This code is unknown, has expired, or was decided already. Check it, or start again."
            }
            Self::NoCode => "Enter the code that your device shows.",
            Self::NoToken => "Enter a token that shows who you are.",
            Self::BadToken => "This token does not work. Check it, and try again.",
            Self::NotAUser => "This token is an API key’s. A device is signed in by a person.",
            Self::Approved => "The device is signed in. You can close this page and go back to it.",
            Self::Denied => "The device was refused. You can close this page.",
        }
    }
}

/// The form, for `code` if that is known.
pub fn form(code: &str, repository: Option<&str>, notice: Option<Notice>) -> Response {
    with(StatusCode::OK, code, repository, notice)
}

/// The form again, with what was wrong.
pub fn refused(status: StatusCode, code: &str, repository: Option<&str>, notice: Notice) -> Response {
    with(status, code, repository, Some(notice))
}

/// What is wrong comes first in the title, which screen readers say first.
fn with(status: StatusCode, code: &str, repository: Option<&str>, notice: Option<Notice>) -> Response {
    let title = match notice {
        Some(_) => "Not done yet: sign in a device",
        None => "Sign in a device",
    };
    page(status, title, &body(code, repository, notice), POLICY)
}

/// The end.
pub fn done(notice: Notice) -> Response {
    let (tone, title) = match notice {
        Notice::Approved => (Tone::Good, "Signed in"),
        _ => (Tone::Bad, "Refused"),
    };
    told(StatusCode::OK, title, (tone, notice.text()))
}

/// How an end is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it was meant.
    Good,
    /// Otherwise.
    Bad,
}

/// A page that says how something ended.
pub fn told(status: StatusCode, title: &str, (tone, text): (Tone, &str)) -> Response {
    let class = match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
    };
    let role = if status.is_success() { "status" } else { "alert" };
    let text = escaped(text);
    let body = format!("<h1>{title}</h1><p class=\"notice {class}\" role=\"{role}\">{text}</p>");
    page(status, title, &body, POLICY)
}

fn body(code: &str, repository: Option<&str>, notice: Option<Notice>) -> String {
    let told = notice.map_or_else(String::new, |notice| {
        format!(
            "<p class=\"notice bad\" role=\"alert\" id=\"notice\">{}</p>",
            notice.text()
        )
    });
    let about = repository.map_or_else(String::new, |repository| {
        format!(
            "<p>It asks about the repository <strong>{}</strong>.</p>",
            escaped(repository)
        )
    });
    let (of_code, of_token) = said_of_fields(code, notice);
    let code = escaped(code);
    format!(
        "<h1>Sign in a device</h1>\
<p>A program asks to act in your name. Go on only if you started it, and the code is the one that it shows.</p>\
{about}{told}<form method=\"post\" action=\"verify\">\
<label for=\"user_code\">Code</label>\
<input id=\"user_code\" name=\"user_code\" value=\"{code}\" required maxlength=\"16\" autocomplete=\"off\" \
autocapitalize=\"characters\" spellcheck=\"false\" {of_code}>\
<p class=\"hint\" id=\"code_hint\">Ten letters and digits, such as <span>ABCDE-FGHJK</span>.</p>\
<label for=\"token\">Token</label>\
<input id=\"token\" name=\"token\" type=\"password\" required autocomplete=\"off\" {of_token}>\
<p class=\"hint\" id=\"token_hint\">A GitHub token of yours. It is checked once and not kept.</p>\
<div class=\"buttons\"><button class=\"main\" name=\"action\" value=\"approve\">Approve</button>\
<button name=\"action\" value=\"deny\">Refuse</button></div></form>"
    )
}

/// What describes each field, which one is wrong, and which one is the next to fill in.
fn said_of_fields(code: &str, notice: Option<Notice>) -> (String, String) {
    let wrong = notice.and_then(Notice::about);
    let next = wrong.unwrap_or(if code.is_empty() {
        Field::Code
    } else {
        Field::Token
    });
    let said = |field: Field, hint: &str| {
        let (invalid, first) = if wrong == Some(field) {
            ("aria-invalid=\"true\" ", "notice ")
        } else {
            ("", "")
        };
        let focus = if next == field { " autofocus" } else { "" };
        format!("{invalid}aria-describedby=\"{first}{hint}\"{focus}")
    };
    (said(Field::Code, "code_hint"), said(Field::Token, "token_hint"))
}

/// A page under a content security policy.
pub(super) fn page(status: StatusCode, title: &str, body: &str, policy: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
<body><main>{body}</main></body></html>"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    // A policy that cannot stand in a header would be one with a strange origin: then nothing is allowed.
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_brings_stays_text() {
        let made = body("\"><script>x</script>", Some("a'/<b>"), Some(Notice::Unknown));
        assert!(!made.contains("<script>") && !made.contains("<b>"), "{made}");
        assert!(made.contains("&quot;&gt;&lt;script&gt;"));
    }

    #[test]
    fn every_field_has_a_label_and_no_script_is_needed() {
        let made = body("", None, None);
        for field in ["user_code", "token"] {
            assert!(made.contains(&format!("for=\"{field}\"")) && made.contains(&format!("id=\"{field}\"")));
        }
        assert!(!made.contains("<script") && !made.contains("onclick"));
    }

    #[test]
    fn the_field_that_is_wrong_says_so_and_comes_next() {
        for (notice, wrong) in [
            (Notice::Unknown, "code_hint"),
            (Notice::NoCode, "code_hint"),
            (Notice::NoToken, "token_hint"),
            (Notice::BadToken, "token_hint"),
            (Notice::NotAUser, "token_hint"),
        ] {
            let made = body("ABCDE-FGHJK", None, Some(notice));
            let said = format!("aria-invalid=\"true\" aria-describedby=\"notice {wrong}\" autofocus");
            assert!(made.contains(&said), "{made}");
            assert_eq!(made.matches("autofocus").count(), 1);
        }
    }
}
