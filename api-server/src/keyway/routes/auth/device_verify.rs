//! `GET /auth/device/verify` and `POST /auth/device/verify`: the page on which a person decides a device code.
//! Whoever sends it proves who they are with a token, in the form or in the header.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE},
    response::Response,
};
use coffer_domain::{Error, secret_value::SecretValue};
use zeroize::Zeroizing;

use crate::{
    app::App,
    http::{bearer, context::RequestContext, fields::Fields, query::Query},
    keyway::{
        address, auth,
        error::Problem,
        forge::sign_in::SignIn,
        github_page,
        oauth::{self, Purpose, Sent},
        redirect::redirect,
        routes::{BASE, Unread},
        verify_page::{self, Notice},
    },
};

const LONGEST: usize = 16 * 1024;

/// What a person sent.
#[derive(Default)]
struct Decision {
    code: String,
    token: Option<SecretValue>,
    action: Option<String>,
}

/// The page with its form.
pub async fn form(State(app): State<Arc<App>>, _: RequestContext, uri: Uri) -> Result<Response, Problem> {
    let query = Query::lenient(uri.query());
    let Some(code) = query.text("user_code").filter(|code| !code.trim().is_empty()) else {
        return Ok(shown(&app, StatusCode::OK, ("", None), None));
    };
    let code = normal(code);
    let found = app.keyway.cases.device(&code).await?;
    let notice = found.is_none().then_some(Notice::Unknown);
    let repository = found.and_then(|device| device.repository);
    Ok(shown(
        &app,
        StatusCode::OK,
        (&code, repository.as_deref()),
        notice,
    ))
}

/// The form: with a token to paste, or, where people sign in at GitHub in a browser, with the way there.
fn shown(
    app: &App,
    status: StatusCode,
    (code, repository): (&str, Option<&str>),
    notice: Option<Notice>,
) -> Response {
    match (&app.keyway.settings.sign_in, notice) {
        (Some(sign_in), _) => github_page::form(status, (code, repository), notice, &sign_in.web.origin()),
        (None, Some(notice)) => verify_page::refused(status, code, repository, notice),
        (None, None) => verify_page::form(code, repository, None),
    }
}

/// Sends a browser to GitHub, which says who approves `code`.
async fn away(
    app: &App,
    sign_in: &SignIn,
    (context, headers): (&RequestContext, &HeaderMap),
    code: &str,
) -> Result<Response, Problem> {
    let callback = format!("{}{BASE}/auth/callback", address::own(app, context, headers));
    let purpose = Purpose::Device {
        code: code.to_owned(),
    };
    let Sent { state, cookie } = oauth::send(
        (&app.keyway.cases.signing_key().await?, app.coffer.entropy()),
        (purpose, callback.clone()),
        &format!("{}{BASE}/auth", context.0.mount()),
        app.coffer.clock().now(),
    )?;
    redirect(&sign_in.authorize_url(&state, &callback), Some(cookie))
}

/// Approves or refuses.
pub async fn decide(
    State(app): State<Arc<App>>,
    context: RequestContext,
    body: Unread,
) -> Result<Response, Problem> {
    let (headers, bytes) = body.bytes(LONGEST).await?;
    let mut sent = read(&headers, &bytes)?;
    let code = normal(&sent.code);
    let approve = match sent.action.as_deref() {
        None | Some("" | "approve") => true,
        Some("deny") => false,
        Some(_) => return Err(Problem::field("action", "must be approve or deny")),
    };
    let refused = |notice| shown(&app, StatusCode::BAD_REQUEST, (&code, None), Some(notice));
    if code.is_empty() {
        return Ok(refused(Notice::NoCode));
    }
    let Some(device) = app.keyway.cases.device(&code).await? else {
        return Ok(refused(Notice::Unknown));
    };
    let again = |status, notice| {
        let repository = device.repository.as_deref();
        Ok(shown(&app, status, (&code, repository), Some(notice)))
    };
    let header = bearer::token(&headers).map(SecretValue::from);
    let token = sent.token.take().filter(|token| !token.is_empty()).or(header);
    let Some(token) = token else {
        if let (Some(sign_in), true) = (&app.keyway.settings.sign_in, approve) {
            return away(&app, sign_in, (&context, &headers), &code).await;
        }
        return again(StatusCode::BAD_REQUEST, Notice::NoToken);
    };
    let text = std::str::from_utf8(token.reveal()).unwrap_or_default();
    let session = match auth::session(&app, text.trim(), &context).await {
        Ok(session) => session,
        Err(Error::Unauthenticated(_)) => return again(StatusCode::UNAUTHORIZED, Notice::BadToken),
        Err(other) => return Err(other.into()),
    };
    match app.keyway.cases.decide_device(&session, &code, approve).await {
        Ok(true) if approve => Ok(verify_page::done(Notice::Approved)),
        Ok(true) => Ok(verify_page::done(Notice::Denied)),
        Ok(false) | Err(Error::Conflict(_)) => Ok(refused(Notice::Unknown)),
        Err(Error::Refused(_)) => again(StatusCode::BAD_REQUEST, Notice::NotAUser),
        Err(other) => Err(other.into()),
    }
}

/// The code as it was given out: upper case, with its dash.
fn normal(code: &str) -> String {
    let plain = code.trim().to_ascii_uppercase().replace('-', "");
    match plain.split_at_checked(5) {
        Some((head, tail)) if !tail.is_empty() => format!("{head}-{tail}"),
        _ => plain,
    }
}

/// The form's fields, or the same as JSON.
fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Decision, Problem> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") || bytes.first() == Some(&b'{') {
        let tree = serde_json::from_slice(bytes).map_err(|_| Problem::field("body", "is not valid JSON"))?;
        let mut fields = Fields::of(tree)?;
        return Ok(Decision {
            code: fields.text("user_code")?.unwrap_or_default(),
            token: fields.secret("token")?,
            action: fields.text("action")?,
        });
    }
    let mut sent = Decision::default();
    for (name, value) in form_urlencoded::parse(bytes) {
        let value = Zeroizing::new(value.into_owned());
        match &*name {
            "user_code" => sent.code = value.to_string(),
            "token" => sent.token = Some(SecretValue::from(value.as_str())),
            "action" => sent.action = Some(value.to_string()),
            _ => {}
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        for text in ["ABCDE-FGHJK", " abcde-fghjk ", "abcdefghjk", "ABCDEFGHJK"] {
            assert_eq!(normal(text), "ABCDE-FGHJK");
        }
        for text in ["", "-", "ABC", "\u{e9}\u{e9}\u{e9}"] {
            assert!(!normal(text).contains('-'), "{text}");
        }
    }
}
