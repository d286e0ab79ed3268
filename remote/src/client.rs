//! Requests with a token that works, tried again where that is safe, and no more of them than the server bears.

use coffer_domain::{provider::ProviderFault, secret_json::SecretJson};
use reqwest::Method;
use tokio::time::{Instant, sleep};

use crate::{
    breaker::Breaker,
    http::{Answer, Http},
    options::{BadOptions, Options},
    places::Places,
    session::Session,
    trouble::{Again, Trouble},
};

/// A server, as this program speaks with it.
#[derive(Debug)]
pub struct Client {
    http: Http,
    session: Session,
    breaker: Breaker,
    places: Places,
}

impl Client {
    /// As the options say.
    pub fn new(options: &Options) -> Result<Self, BadOptions> {
        Ok(Self {
            http: Http::new(options)?,
            session: Session::new(options),
            breaker: Breaker::default(),
            places: Places::new(options.concurrency),
        })
    }

    /// Sends a request. What comes back is an answer to it, good or bad, and not the server's trouble.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&SecretJson>,
        again: Again,
    ) -> Result<Answer, ProviderFault> {
        let pass = self.breaker.enter(Instant::now()).ok_or(ProviderFault::Resting)?;
        let mut attempt = 1;
        let answer = loop {
            // Given back while it is waited for the next attempt.
            let place = self.places.take().await.ok_or(ProviderFault::Crowded)?;
            let trouble = match self.once(&method, path, body).await {
                Ok(answer) => break Ok(answer),
                Err(trouble) => trouble,
            };
            drop(place);
            let Some(pause) = trouble.pause(again, attempt).filter(|_| pass.goes_on()) else {
                break Err(trouble);
            };
            sleep(pause).await;
            attempt += 1;
        };
        let failed = matches!(&answer, Err(trouble) if trouble.counts());
        pass.ended(Instant::now(), failed);
        answer.map_err(|trouble| {
            tracing::warn!(?trouble, "the remote server does not do what it is asked");
            trouble.into()
        })
    }

    /// Once, or twice if the token had ended.
    async fn once(&self, method: &Method, path: &str, body: Option<&SecretJson>) -> Result<Answer, Trouble> {
        let token = self.session.token(&self.http).await?;
        let mut answer = self.http.send(method, path, Some(&token), body).await?;
        if answer.status == 403
            && let Some(token) = self.session.instead(&self.http, &token).await?
        {
            answer = self.http.send(method, path, Some(&token), body).await?;
        }
        match Trouble::of(&answer) {
            Some(trouble) => Err(trouble),
            None => Ok(answer),
        }
    }
}
