//! `POST /api/secrets/bulk`: one after another, each by its own scope, none of them undone.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::provider::Shift;
use serde_json::{Value, json};

use super::{create::set, delete::remove, good, rotate::turn, versions::shift};
use crate::{
    app::App,
    canonical::{
        auth::Signed,
        error::Failure,
        model::body::{Members, Unread},
        op::Op,
    },
};

const MOST: usize = 100;

/// Does several operations.
pub async fn bulk(State(app): State<Arc<App>>, signed: Signed, body: Unread) -> Result<Response, Failure> {
    let mut body = body.read().await?;
    let operations = body.list("operations")?;
    let go_on = body.flag("continueOnError", true)?;
    if !(1..=MOST).contains(&operations.len()) {
        return Err(Failure::invalid("operations", "must be 1 to 100 operations"));
    }
    let mut tally = Tally::default();
    for (index, operation) in operations.into_iter().enumerate() {
        let stated = |name: &str| operation.get(name).and_then(Value::as_str).map(str::to_owned);
        let line = json!({ "index": index, "op": stated("op"), "uri": stated("uri") });
        if tally.failed > 0 && !go_on {
            tally.skip(line);
            continue;
        }
        let done = one(&app, &signed, operation).await;
        if let Err(failure) = &done {
            app.canonical.meters.failed(failure);
        }
        tally.add(line, done);
    }
    Ok(good(&tally.shown()))
}

async fn one(app: &App, signed: &Signed, operation: Value) -> Result<Value, Failure> {
    let mut members = Members::of(operation)?;
    let named = members.text("op")?;
    let op = match named.as_str() {
        "set" => Op::Write,
        "rotate" => Op::Rotate,
        "delete" => Op::Delete,
        "undelete" => Op::Undelete,
        "destroy" if members.has("versions") => Op::DestroyVersions,
        "destroy" => Op::Destroy,
        _ => {
            return Err(Failure::invalid(
                "op",
                "must be set, delete, undelete, destroy or rotate",
            ));
        }
    };
    signed.require(&app.canonical, op)?;
    let uri = members.uri("uri", app.canonical.settings.reading)?;
    match op {
        Op::Write => set(app, signed, uri, &members.value()?).await,
        Op::Rotate => turn(app, signed, uri, &members.value()?).await,
        Op::Undelete => shift(app, signed, (uri, &members.versions()?), Shift::Undelete).await,
        Op::DestroyVersions => shift(app, signed, (uri, &members.versions()?), Shift::Destroy).await,
        _ => remove(app, signed, op, uri).await,
    }
}

/// What came of them.
#[derive(Default)]
struct Tally {
    results: Vec<Value>,
    succeeded: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    fn add(&mut self, mut line: Value, done: Result<Value, Failure>) {
        match done {
            Ok(result) => {
                self.succeeded += 1;
                (line["ok"], line["status"], line["result"]) = (json!(true), json!(200), result);
            }
            Err(failure) => {
                self.failed += 1;
                (line["ok"], line["status"]) = (json!(false), json!(failure.status()));
                line["error"] = failure.short();
            }
        }
        self.results.push(line);
    }

    fn skip(&mut self, mut line: Value) {
        self.skipped += 1;
        (line["ok"], line["status"], line["skipped"]) = (json!(false), Value::Null, json!(true));
        self.results.push(line);
    }

    fn shown(self) -> Value {
        json!({
            "results": self.results,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "skipped": self.skipped,
        })
    }
}
