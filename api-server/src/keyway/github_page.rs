//! The page on which a person goes on to GitHub to approve a device code: as [`super::verify_page`], but who they are
//! is GitHub's to say.

use axum::{http::StatusCode, response::Response};

use super::verify_page::{Notice, POLICY, escaped, page};

/// The form, for `code` if that is known, which sends the browser on to `origin`.
pub fn form(
    status: StatusCode,
    (code, repository): (&str, Option<&str>),
    notice: Option<Notice>,
    origin: &str,
) -> Response {
    let title = match notice {
        Some(_) => "Not done yet: sign in a device",
        None => "Sign in a device",
    };
    page(status, title, &body(code, repository, notice), &policy(origin))
}

/// Browsers hold a form's redirects to its policy, too.
fn policy(origin: &str) -> String {
    POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"))
}

fn body(code: &str, repository: Option<&str>, notice: Option<Notice>) -> String {
    let told = notice.map_or_else(String::new, |notice| {
        let text = notice.text();
        format!("<p class=\"notice bad\" role=\"alert\" id=\"notice\">{text}</p>")
    });
    let about = repository.map_or_else(String::new, |repository| {
        let name = escaped(repository);
        format!("<p>It asks about the repository <strong>{name}</strong>.</p>")
    });
    let wrong = if notice.is_some() {
        "aria-invalid=\"true\" aria-describedby=\"notice code_hint\""
    } else {
        "aria-describedby=\"code_hint\""
    };
    let code = escaped(code);
    format!(
        "<h1>Sign in a device</h1>\
<p>A program asks to act in your name. Go on only if you started it, and the code is the one that it shows.</p>\
{about}{told}<form method=\"post\" action=\"verify\">\
<label for=\"user_code\">Code</label>\
<input id=\"user_code\" name=\"user_code\" value=\"{code}\" required maxlength=\"16\" autocomplete=\"off\" \
autocapitalize=\"characters\" spellcheck=\"false\" {wrong} autofocus>\
<p class=\"hint\" id=\"code_hint\">Ten letters and digits, such as <span>ABCDE-FGHJK</span>.</p>\
<div class=\"buttons\"><button class=\"main\" name=\"action\" value=\"approve\">Approve with GitHub</button></div>\
</form>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_may_lead_to_the_forge_and_what_a_link_brings_stays_text() {
        let policy = policy("https://github.com");
        assert!(
            policy.contains("form-action 'self' https://github.com;"),
            "{policy}"
        );
        let made = body("\"><script>", Some("a/<b>"), Some(Notice::Unknown));
        assert!(!made.contains("<script>") && !made.contains("<b>"), "{made}");
        assert!(made.contains("for=\"user_code\"") && !made.contains("name=\"token\""));
    }
}
