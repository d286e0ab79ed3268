//! How this program logs in at the server, and how its token is kept alive.

use std::time::Duration;

use coffer_domain::{secret_json::SecretJson, secret_value::SecretValue};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    http::{Answer, Http},
    options::{Login, Options},
    trouble::Trouble,
};

/// The token in use.
#[derive(Debug, Clone)]
struct Held {
    token: SecretValue,
    looked: Instant,
}

/// Keeps a token that works.
#[derive(Debug)]
pub struct Session {
    login: Login,
    renewal: Duration,
    looks: Duration,
    held: Mutex<Option<Held>>,
}

/// What the server says of a token.
struct Facts {
    left: Duration,
    ends: bool,
    renewable: bool,
}

impl Session {
    /// With nothing yet.
    pub fn new(options: &Options) -> Self {
        Self {
            login: options.login.clone(),
            renewal: options.renewal,
            looks: options.looks,
            held: Mutex::new(None),
        }
    }

    /// A token that was good when it was last looked at. Whoever comes meanwhile waits for the same one.
    pub async fn token(&self, http: &Http) -> Result<SecretValue, Trouble> {
        let mut held = self.held.lock().await;
        let token = match &*held {
            Some(kept) if kept.looked.elapsed() < self.looks => return Ok(kept.token.clone()),
            Some(kept) => self.kept_alive(http, kept.token.clone()).await?,
            None => self.log_in(http).await?,
        };
        Ok(hold(&mut held, token))
    }

    /// Another token after one that was refused; `None` if that is still good, and so lacks rights.
    pub async fn instead(&self, http: &Http, refused: &SecretValue) -> Result<Option<SecretValue>, Trouble> {
        if look(http, refused).await?.is_some() {
            return Ok(None);
        }
        let mut held = self.held.lock().await;
        if let Some(kept) = held.as_ref().filter(|kept| kept.token != *refused) {
            return Ok(Some(kept.token.clone()));
        }
        *held = None;
        let token = self.log_in(http).await?;
        Ok(Some(hold(&mut held, token)))
    }

    /// The token, renewed if it ends soon; where that does not help, another one.
    async fn kept_alive(&self, http: &Http, token: SecretValue) -> Result<SecretValue, Trouble> {
        let Some(facts) = look(http, &token).await? else {
            return self.log_in(http).await;
        };
        if !facts.ends || facts.left > self.renewal {
            return Ok(token);
        }
        if facts.renewable && self.renewed(http, &token).await? {
            return Ok(token);
        }
        match self.login {
            Login::Token(_) => Ok(token),
            Login::AppRole { .. } | Login::Jwt { .. } => self.log_in(http).await,
        }
    }

    /// Whether a token was renewed for long enough to be looked at again.
    async fn renewed(&self, http: &Http, token: &SecretValue) -> Result<bool, Trouble> {
        let nothing = SecretJson::new(json!({}));
        let path = "auth/token/renew-self";
        let answer = http.send(&Method::PUT, path, Some(token), Some(&nothing)).await?;
        let lease = answer.body.reveal().pointer("/auth/lease_duration");
        let long = Duration::from_secs(lease.and_then(Value::as_u64).unwrap_or(0)) > self.looks;
        if answer.status != 200 || !long {
            tracing::warn!(
                status = answer.status,
                "the token for the remote server is not renewed any more"
            );
        }
        Ok(answer.status == 200 && long)
    }

    async fn log_in(&self, http: &Http) -> Result<SecretValue, Trouble> {
        let Some((path, body)) = self.request().await? else {
            return self.own(http).await;
        };
        let answer = http.send(&Method::PUT, &path, None, Some(&body)).await?;
        let token = answer.body.reveal().pointer("/auth/client_token");
        let token = token.and_then(Value::as_str).filter(|_| answer.status == 200);
        token.map(SecretValue::from).ok_or_else(|| {
            tracing::warn!(
                status = answer.status,
                path,
                "the remote server does not let this one log in"
            );
            refusal(&answer)
        })
    }

    /// What is sent to log in; `None`: nothing, because there is a token.
    async fn request(&self) -> Result<Option<(String, SecretJson)>, Trouble> {
        let (mount, body) = match &self.login {
            Login::Token(_) => return Ok(None),
            Login::AppRole { mount, role, secret } => {
                let secret = std::str::from_utf8(secret.reveal()).map_err(|_| Trouble::Refuses)?;
                (mount, json!({ "role_id": role, "secret_id": secret }))
            }
            Login::Jwt { mount, role, file } => {
                let read = tokio::fs::read(file).await.map(SecretValue::new);
                let jwt = read.map_err(|error| {
                    tracing::warn!(file = %file.display(), %error, "the token to log in with cannot be read");
                    Trouble::Refuses
                })?;
                let jwt = std::str::from_utf8(jwt.reveal()).map_err(|_| Trouble::Refuses)?;
                let mut body = json!({ "jwt": jwt.trim() });
                if let Some(role) = role {
                    body["role"] = json!(role);
                }
                (mount, body)
            }
        };
        Ok(Some((format!("auth/{mount}/login"), SecretJson::new(body))))
    }

    /// The token that was given, if it is good.
    async fn own(&self, http: &Http) -> Result<SecretValue, Trouble> {
        match &self.login {
            Login::Token(token) if look(http, token).await?.is_some() => Ok(token.clone()),
            _ => Err(Trouble::Refuses),
        }
    }
}

fn hold(held: &mut Option<Held>, token: SecretValue) -> SecretValue {
    *held = Some(Held {
        token: token.clone(),
        looked: Instant::now(),
    });
    token
}

/// What a login that brought no token means: 400 and 403 are a no.
fn refusal(answer: &Answer) -> Trouble {
    match answer.status {
        200..=299 => Trouble::Broken,
        400 => Trouble::Refuses,
        _ => Trouble::of(answer).unwrap_or(Trouble::Refuses),
    }
}

/// What the server says of a token; `None`: it is none.
async fn look(http: &Http, token: &SecretValue) -> Result<Option<Facts>, Trouble> {
    let path = "auth/token/lookup-self";
    let answer = http.send(&Method::GET, path, Some(token), None).await?;
    match answer.status {
        200 => {
            let data = answer.data();
            Ok(Some(Facts {
                left: Duration::from_secs(data["ttl"].as_u64().unwrap_or(0)),
                ends: !data["expire_time"].is_null(),
                renewable: data["renewable"] == true,
            }))
        }
        403 => Ok(None),
        _ => Err(Trouble::of(&answer).unwrap_or(Trouble::Broken)),
    }
}
