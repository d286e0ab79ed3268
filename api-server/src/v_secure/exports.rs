//! Makes the files of exports that were asked for, part by part, and keeps them in the store: what was asked for before
//! a restart is made after it.

use std::io::Write;

use coffer_domain::{
    Error,
    audit_copy::{AuditExport, ExportPart, ExportState},
    record::Kept,
    secret_value::SecretValue,
};
use flate2::{Compression, write::GzEncoder};

use super::{NAME, model::log::LogOut, retention, tell::Filter};
use crate::app::App;

/// How many exports are looked at in one go.
const MOST: u32 = 8;
/// How many entries are read in one go; a part of a file holds what is wanted of them.
const PAGE: u32 = 250;

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An entry by line, as JSON.
    Json,
    /// RFC 4180, with a line of names.
    Csv,
    /// RFC 5424.
    Syslog,
}

impl Format {
    /// The format of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "syslog" => Some(Self::Syslog),
            _ => None,
        }
    }

    /// How a file of it ends, and its media type.
    pub fn file(self, compressed: bool) -> (&'static str, &'static str) {
        match (self, compressed) {
            (Self::Json, false) => ("jsonl", "application/x-ndjson"),
            (Self::Json, true) => ("jsonl.gz", "application/gzip"),
            (Self::Csv, false) => ("csv", "text/csv; charset=utf-8"),
            (Self::Csv, true) => ("csv.gz", "application/gzip"),
            (Self::Syslog, false) => ("log", "text/plain; charset=utf-8"),
            (Self::Syslog, true) => ("log.gz", "application/gzip"),
        }
    }

    fn head(self) -> String {
        match self {
            Self::Csv => format!("{}\r\n", LogOut::COLUMNS.join(",")),
            Self::Json | Self::Syslog => String::new(),
        }
    }

    fn line(self, entry: &LogOut) -> String {
        match self {
            // Our own types always serialize.
            Self::Json => format!("{}\n", serde_json::to_string(entry).unwrap_or_default()),
            Self::Csv => format!("{}\r\n", entry.columns().map(|it| quoted(&it)).join(",")),
            Self::Syslog => syslog(entry),
        }
    }
}

/// A field of RFC 4180. One that a spreadsheet would take for a formula is made a text.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Facility 13 (log audit), severity 6 (informational) or 4 (warning).
fn syslog(entry: &LogOut) -> String {
    let priority = 13 * 8 + if entry.is_failure() { 4 } else { 6 };
    let [id, at, kind, name, action, actor, result, address, signature] = entry.columns();
    let value = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace(']', "\\]")
    };
    let data = [
        ("resource", kind),
        ("name", name),
        ("action", action),
        ("actor", actor),
        ("result", result),
        ("ipAddress", address),
        ("signature", signature),
    ];
    let data = data
        .map(|(name, text)| format!("{name}=\"{}\"", value(&text)))
        .join(" ");
    format!("<{priority}>1 {at} - coffer - {id} [entry@32473 {data}]\n")
}

/// The key of a part of an export's file.
pub fn part(export: &str, number: u32) -> String {
    format!("{export}.{number:06}")
}

/// Makes what is asked for, of every account.
pub async fn make(app: &App) -> Result<(), Error> {
    for export in app.coffer.due_documents::<AuditExport>(MOST).await? {
        if export.body.door != NAME {
            continue;
        }
        let made = match one(app, &export).await {
            Ok(made) => made,
            // It may pass: it stays due.
            Err(Error::Unavailable(why)) => return Err(Error::Unavailable(why)),
            Err(error) => {
                tracing::warn!(%error, export = export.key, "an export could not be made");
                AuditExport {
                    state: ExportState::Failed,
                    ..export.body.clone()
                }
            }
        };
        app.coffer.settle_document(&export, made).await?;
    }
    Ok(())
}

async fn one(app: &App, export: &Kept<AuditExport>) -> Result<AuditExport, Error> {
    let broken = |what: &str| Error::Internal(format!("an export has a {what} that does not read"));
    let mut made = export.body.clone();
    let format = Format::parse(&made.format).ok_or_else(|| broken("format"))?;
    let filter = Filter::of_object(&made.filter, made.asked_at).map_err(|_| broken("filter"))?;
    let shown = retention::of_account(app, export.organization).await?;
    let (mut after, mut text) = (0, format.head());
    loop {
        let (entries, last, known) = app.coffer.entries_after(export.organization, after, PAGE).await?;
        let wanted = entries.iter().filter(|entry| entry.sequence <= made.up_to);
        for entry in wanted.filter(|entry| filter.takes(&entry.event, &shown)) {
            if let Some(told) = LogOut::of(entry, &known) {
                let told = if made.signatures { told } else { told.unsigned() };
                text.push_str(&format.line(&told));
                made.entries += 1;
            }
        }
        let done = last == after || last >= made.up_to;
        if !text.is_empty() {
            let bytes = pack(std::mem::take(&mut text).into_bytes(), made.compressed)?;
            made.bytes += bytes.len() as u64;
            let body = ExportPart {
                export: export.key.clone(),
                data: SecretValue::new(bytes),
                asked_at: made.asked_at,
            };
            let key = part(&export.key, made.parts);
            app.coffer.keep_for_job(export.organization, &key, body).await?;
            made.parts += 1;
        }
        if done {
            made.state = ExportState::Completed;
            return Ok(made);
        }
        after = last;
    }
}

/// Members of a gzip file one after the other are a gzip file (RFC 1952, 2.2).
fn pack(bytes: Vec<u8>, compressed: bool) -> Result<Vec<u8>, Error> {
    if !compressed {
        return Ok(bytes);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    packed.map_err(|_| Error::Internal("an export could not be compressed".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_takes_no_field_for_a_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted("plain"), "\"plain\"");
    }

    #[test]
    fn parts_come_in_the_order_of_their_keys() {
        assert!(part("exp_a", 9) < part("exp_a", 10));
    }
}
