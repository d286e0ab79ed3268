//! Sends entries of the audit log to the systems that accounts have set up, in order, at least once. How far each has
//! come is in the store.

use std::time::Duration;

use coffer_domain::{Error, audit_copy::AuditFeed, network::Cidr, record::Kept};
use jiff::SignedDuration;
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use serde_json::json;

use super::{NAME, model::log::LogOut, retention, tell::Filter};
use crate::{app::App, deliver::target::Target};

/// The kinds of systems that entries can be sent to.
pub const KINDS: [&str; 2] = ["splunk", "datadog"];
/// How many feeds, and how many entries, are looked at in one go.
const MOST: u32 = 64;
const PAGE: u32 = 200;
/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after the first failure, and at most: each failure in a row doubles it.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_mins(10);
/// From how many entries on that are not for a feed it is written down that they were looked at.
const WORTH: u64 = 150;

/// Sends what is new, of every account.
pub async fn send(app: &App, allowed: &[Cidr]) -> Result<(), Error> {
    for feed in app.coffer.due_documents::<AuditFeed>(MOST).await? {
        if feed.body.door == NAME {
            one(app, &feed, allowed).await?;
        }
    }
    Ok(())
}

async fn one(app: &App, feed: &Kept<AuditFeed>, allowed: &[Cidr]) -> Result<(), Error> {
    let (entries, last, known) = app
        .coffer
        .entries_after(feed.organization, feed.body.after, PAGE)
        .await?;
    let shown = retention::of_account(app, feed.organization).await?;
    let filter = Filter::default();
    let wanted = entries.iter().filter(|entry| filter.takes(&entry.event, &shown));
    let told = wanted.filter_map(|entry| LogOut::of(entry, &known));
    let told: Vec<LogOut> = told
        .filter(|it| !feed.body.only_refused || it.is_failure())
        .collect();
    let mut after = feed.body.clone();
    if told.is_empty() {
        // Its own progress is in the log too: written down at each look, it would never be done.
        if last.saturating_sub(feed.body.after) < WORTH {
            return Ok(());
        }
        after.after = last;
    } else if post(&feed.body, &told, allowed).await {
        (after.after, after.failures) = (last, 0);
    } else {
        tracing::info!(feed = feed.key, "entries of the audit log were not taken");
        let delay = FIRST * 2_i32.saturating_pow(feed.body.failures.min(10));
        let delay = delay.min(LONGEST);
        after.failures = feed.body.failures.saturating_add(1);
        after.next_at = app
            .coffer
            .clock()
            .now()
            .saturating_add(delay)
            .unwrap_or(after.next_at);
    }
    app.coffer.settle_document(feed, after).await.map(drop)
}

/// Whether they were taken.
async fn post(feed: &AuditFeed, told: &[LogOut], allowed: &[Cidr]) -> bool {
    let Ok(target) = Target::of(&feed.endpoint, allowed).await else {
        return false;
    };
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .resolve(&target.host, target.address)
        .build();
    let (Ok(client), Ok(token)) = (client, std::str::from_utf8(feed.token.reveal())) else {
        return false;
    };
    let (header, value, body) = if feed.kind == "splunk" {
        // The HTTP event collector takes events one after the other.
        let events = told
            .iter()
            .map(|it| json!({ "sourcetype": "vsecure:audit", "event": it }).to_string());
        let body = events.collect::<Vec<_>>().join("\n");
        ("authorization", format!("Splunk {token}"), body)
    } else {
        let events = told
            .iter()
            .map(|it| json!({ "ddsource": "vsecure", "message": it }));
        let body = events.collect::<serde_json::Value>().to_string();
        ("dd-api-key", token.to_owned(), body)
    };
    let request = client
        .post(target.url)
        .header(CONTENT_TYPE, "application/json")
        .header(header, value);
    let answer = request.body(body).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
