//! The request log that some doors show to administrators: a line per authenticated request, in segments of many
//! lines, of which the newest are kept. It tells how requests went; who did what to which secret is the audit
//! log's to tell.

use std::{borrow::Cow, net::IpAddr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{record::Collection, rights::Permission, segment::Line};

/// One request. The fields are an allow-list: no header, no body, and no query that could hold a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// The request's id.
    pub request: String,
    /// When it arrived.
    pub at: Timestamp,
    /// Through which door.
    pub door: Cow<'static, str>,
    /// Who sent it, as the audit log names it.
    pub principal: String,
    /// What kind of credential it came with, in the door's words.
    pub kind: Cow<'static, str>,
    /// Its method.
    pub method: Cow<'static, str>,
    /// What it was about, by its route.
    pub subject: Cow<'static, str>,
    /// Its path.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// From which address.
    pub address: IpAddr,
    /// How long it took, in microseconds.
    pub micros: u64,
}

impl Line for RequestLine {
    const COLLECTION: Collection = Collection::new("request-log");
    const NOUN: &'static str = "request log";
    const READ: Permission = Permission::ReadAudit;
    const SEGMENT_LINES: usize = 256;
    const MOST_LINES: Option<u64> = Some(256 * 1024);
    const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

    fn at(&self) -> Timestamp {
        self.at
    }
}

/// Which lines are wanted; what is `None` is not asked about.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Of this method.
    pub method: Option<String>,
    /// About this.
    pub subject: Option<String>,
    /// With this status.
    pub status: Option<u16>,
    /// From this address.
    pub address: Option<String>,
    /// Of this time or later.
    pub from: Option<Timestamp>,
    /// Of this time or earlier.
    pub until: Option<Timestamp>,
}

impl RequestFilter {
    /// Whether `line` is wanted.
    pub fn takes(&self, line: &RequestLine) -> bool {
        let same = |wanted: &Option<String>, found: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
        };
        let address = || line.address.to_string();
        same(&self.method, &line.method)
            && same(&self.subject, &line.subject)
            && (self.address.is_none() || same(&self.address, &address()))
            && self.status.is_none_or(|status| status == line.status)
            && self.from.is_none_or(|from| from <= line.at)
            && self.until.is_none_or(|until| line.at <= until)
    }
}
