//! One attempt.

use std::time::Duration;

use coffer_domain::{network::Cidr, outbox::signature, usecase::outbox::Due};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use thiserror::Error;

use super::target::Target;
use crate::{dialects, http::dialect::Shaped};

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an attempt failed, in words of our own: nothing of the other side's is repeated.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// It is none that can be delivered to.
    #[error("its URL is not an absolute http or https URL")]
    Url,
    /// Its host has no address.
    #[error("its host is not known")]
    Unknown,
    /// Its host has no address that may be connected to.
    #[error("its host has no public address")]
    Private,
    /// There was no answer in time.
    #[error("no answer within 10 s")]
    Slow,
    /// There was no connection, or it broke.
    #[error("no connection")]
    Connection,
    /// It answered, and not with success. Redirects are not followed.
    #[error("status {}", .0.as_u16())]
    Status(StatusCode),
    /// The dialect that made it has no webhooks.
    #[error("its dialect has no webhooks")]
    Dialect,
}

/// Delivers once.
pub async fn send(due: &Due, allowed: &[Cidr], now: Timestamp) -> Result<(), Failure> {
    let names = dialects().into_iter().find(|dialect| dialect.name == due.door);
    let names = names
        .and_then(|dialect| dialect.webhooks)
        .ok_or(Failure::Dialect)?;
    let target = Target::of(&due.url, allowed).await?;
    let plain = || Shaped {
        body: due.delivery.body.body.clone(),
        event: due.delivery.body.event.clone(),
        headers: Vec::new(),
    };
    let Shaped { body, event, headers } = names.shape.map_or_else(plain, |shape| shape(due, now));
    let signed = format!("sha256={}", signature(&due.secret, body.as_bytes()));
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .resolve(&target.host, target.address)
        .build()
        .map_err(|_| Failure::Connection)?;
    let mut request = client
        .post(target.url)
        .header(CONTENT_TYPE, "application/json")
        .header(names.event, event)
        .header(names.signature, signed)
        .body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.send().await;
    let answer = answer.map_err(|error| {
        if error.is_timeout() {
            Failure::Slow
        } else {
            Failure::Connection
        }
    })?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(Failure::Status(answer.status()))
    }
}
